package import Rollouts
internal import Support

/// A duration in ARM's notation: `PT5S`, `PT0.5S`, `P1DT2H`.
///
/// Years and months have no fixed length and are rejected. Fractions of a millisecond are rounded.
package struct ISO8601Duration: Hashable, Sendable {
    package var interval: Interval

    package init(_ interval: Interval) { self.interval = interval }
}

extension ISO8601Duration: LosslessStringConvertible {
    package init?(_ text: String) {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative { rest.removeFirst() }
        guard rest.first == "P" else { return nil }
        rest.removeFirst()
        let parts = rest.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let date = Self.milliseconds(in: parts[0], units: [("W", 604_800_000), ("D", 86_400_000)])
        let time =
            parts.count == 2
            ? Self.milliseconds(in: parts[1], units: [("H", 3_600_000), ("M", 60_000), ("S", 1000)]) : 0
        guard let date, let time, !(parts[0].isEmpty && parts.count == 1), parts.count == 1 || !parts[1].isEmpty
        else { return nil }
        let (total, overflow) = date.addingReportingOverflow(time)
        guard !overflow else { return nil }
        self.init(Interval(milliseconds: isNegative ? -total : total))
    }

    /// The notation with seconds as the largest unit, as the Azure SDK writes it.
    package var description: String {
        let total = interval.milliseconds.magnitude
        let (whole, thousandths) = total.quotientAndRemainder(dividingBy: 1000)
        var fraction = String(String(1000 + thousandths).dropFirst())
        while fraction.last == "0" { fraction.removeLast() }
        return "\(interval < .zero ? "-" : "")PT\(whole)\(fraction.isEmpty ? "" : ".\(fraction)")S"
    }

    /// The sum of a text such as `3H5M`, with each of `units` at most once and in order; `nil` for any other text.
    private static func milliseconds(in text: Substring, units: [(letter: Character, length: Int64)]) -> Int64? {
        var rest = text
        var sum: Int64 = 0
        for unit in units {
            guard let end = rest.firstIndex(of: unit.letter) else { continue }
            guard let count = milliseconds(of: rest[..<end], unit.length, mayBeFraction: unit.letter == "S")
            else { return nil }
            let (total, overflow) = sum.addingReportingOverflow(count)
            guard !overflow else { return nil }
            sum = total
            rest = rest[rest.index(after: end)...]
        }
        return rest.isEmpty ? sum : nil
    }

    private static func milliseconds(of number: Substring, _ length: Int64, mayBeFraction: Bool) -> Int64? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 || mayBeFraction, parts.allSatisfy(\.isDigits), let whole = Int64(parts[0])
        else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: length)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        let digits = parts[1].prefix(4) + String(repeating: "0", count: max(4 - parts[1].count, 0))
        guard let tenThousandths = Int64(digits) else { return nil }
        let (sum, overflows) = product.addingReportingOverflow((tenThousandths + 5) / 10)
        return overflows ? nil : sum
    }
}

extension Substring {
    /// Whether this is at least one decimal digit and nothing else.
    fileprivate var isDigits: Bool { !isEmpty && utf8.allSatisfy(\.isDigit) }
}

extension ISO8601Duration: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let duration = ISO8601Duration(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an ISO 8601 duration such as PT5S")
        }
        self = duration
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
