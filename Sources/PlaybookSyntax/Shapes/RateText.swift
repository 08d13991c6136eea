internal import Rollouts

/// Reads `50/s` or `90/m` as requests per second; with `bare`, also `50` and `0`.
func readRate(_ value: Value, bare: Bool = false) throws(ValueProblem) -> Double {
    let text = value.scalarText ?? ""
    let parts = (bare && value.double != nil ? text + "/s" : text).split(
        separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let seconds = ["s": 1.0, "m": 60.0][String(parts[1])],
        let count = Value(plainScalar: String(parts[0])).double
    else { throw ValueProblem(message: "is not a rate", help: "a rate is written 50/s or 90/m") }
    if bare, (0...1_000_000).contains(count / seconds) { return count / seconds }
    guard count > 0, count / seconds <= 100_000 else {
        throw ValueProblem(message: "is out of range", help: "a rate must be greater than 0 and at most 100000/s")
    }
    return count / seconds
}

/// Reads `10` or `10%` as an integer percentage.
func readPercent(_ value: Value) throws(ValueProblem) -> Int {
    let number: Int?
    switch value {
    case .integer(let percent): number = percent
    case .string(let text) where text.hasSuffix("%"): number = Value(plainScalar: String(text.dropLast())).integer
    default: number = nil
    }
    guard let number else {
        throw ValueProblem(message: "is not an integer percentage", help: "it must be 0 to 100")
    }
    guard (0...100).contains(number) else {
        throw ValueProblem(message: "is out of range", help: "it must be 0 to 100")
    }
    return number
}

/// Reads `1m30s`; with `seconds`, also a plain number of seconds.
func readDuration(_ value: Value, seconds: Bool = false) throws(ValueProblem) -> Interval {
    let text = seconds ? value.double.map { "\(Interval(seconds: $0))" } : nil
    return try Interval(durationText: text ?? value.scalarText ?? "")
}
