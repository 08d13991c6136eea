internal import Rollouts

/// Reads `1%`, `0.5%`, `1pt` (a percentage point) or `0.01` as a fraction in `range`.
func readFraction(_ value: Value, in range: ClosedRange<Double>) throws(ValueProblem) -> Double {
    let fraction: Double?
    switch value {
    case .integer, .number:
        guard let number = value.double, number <= 1 else {
            throw ValueProblem(message: "is greater than 1", help: "write a percentage: '\(value.scalarText ?? "5")%'")
        }
        fraction = number
    case .string(let text):
        let unit = text.hasSuffix("%") ? 1 : text.hasSuffix("pt") ? 2 : 0
        fraction = Value(plainScalar: String(text.dropLast(unit))).double.map { unit == 0 ? $0 : $0 / 100 }
    default: fraction = nil
    }
    guard let fraction, fraction.isFinite else {
        throw ValueProblem(message: "is not a fraction", help: "a fraction is written 1%, 0.5%, 1pt or 0.01")
    }
    guard range.contains(fraction) else {
        if fraction == 1, value.double == 1 {
            throw ValueProblem(message: "means 100%", help: "for one percent, write '1pt' or '1%'")
        }
        throw ValueProblem(
            message: "is out of range",
            help: "it must be \(percentText(range.lowerBound)) to \(percentText(range.upperBound))")
    }
    return fraction
}

/// Returns a fraction as a percentage: `0.01%` for 0.0001.
private func percentText(_ fraction: Double) -> String {
    let percent = (fraction * 1e8).rounded() / 1e6
    return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
}
