internal import Support

extension Interval {
    /// The longest duration that can be written: 365 days.
    package static let maximum = Interval.hours(365 * 24)

    /// Parses a duration such as `250ms`, `1.5s`, `10m`, `1h30m` or `2d`.
    ///
    /// Units go from large to small, and only the last part can have a fraction. The result is in whole milliseconds
    /// and at most ``maximum``.
    package init(durationText text: String) throws(ValueProblem) {
        var rest = Substring(text).utf8[...]
        var total: Int64 = 0
        var lastUnit = Int64.max
        guard !rest.isEmpty else { throw .duration("has no value") }
        while !rest.isEmpty {
            guard lastUnit > 0 else { throw .duration("continues after a fraction") }
            let whole = rest.prefix(while: \.isDigit)
            rest = rest.dropFirst(whole.count)
            var fraction = rest[rest.startIndex..<rest.startIndex]
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix(while: \.isDigit)
                rest = rest.dropFirst(fraction.count + 1)
                guard !fraction.isEmpty else { throw .duration("is not a duration") }
            }
            guard !whole.isEmpty else {
                throw .duration(text.hasPrefix("-") ? "is negative" : "is not a duration")
            }
            let word = rest.prefix(while: \.isLetter)
            rest = rest.dropFirst(word.count)
            guard !word.isEmpty else { throw .duration("has no unit") }
            guard let unit = Self.units[String(Substring(word))] else { throw .duration("has an unknown unit") }
            guard unit < lastUnit else { throw .duration("must list its units from large to small") }
            guard whole.count <= 12, fraction.count <= 9 else { throw .duration("has too many digits") }
            total += (Int64(String(Substring(whole))) ?? 0) * unit
            if !fraction.isEmpty {
                let scale = (0..<fraction.count).reduce(Int64(1)) { power, _ in power * 10 }
                let part = (Int64(String(Substring(fraction))) ?? 0) * unit
                guard part % scale == 0 else { throw .duration("is more precise than a millisecond") }
                total += part / scale
            }
            guard total <= Self.maximum.milliseconds else { throw .duration("is longer than 365 days") }
            lastUnit = fraction.isEmpty ? unit : 0
        }
        self.init(milliseconds: total)
    }

    private static let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]

    /// Parses a duration written as in a playbook (`90s`, `1h30m`); returns `nil` if it is invalid.
    package init?(named text: String) {
        do throws(ValueProblem) { try self.init(durationText: text) } catch { return nil }
    }
}

/// Why a text is invalid: a fragment that continues the quoted text, and help about what is valid.
package struct ValueProblem: Error, Hashable, Sendable {
    package var message: String
    package var help: String?

    package init(message: String, help: String? = nil) {
        self.message = message
        self.help = help
    }

    /// The message and the help in one text.
    package var sentence: String { message + (help.map { ": \($0)" } ?? "") }

    fileprivate static func duration(_ message: String) -> ValueProblem {
        ValueProblem(message: message, help: "write a duration as 250ms, 10s, 1.5s, 10m, 1h30m or 2d, up to 365d")
    }
}
