extension Interval {
    /// The interval in at most two units, for people: `250ms`, `4.2s`, `33s`, `1m 05s`, `1h 33m`, `2d 4h`.
    package var short: String {
        let total = milliseconds.magnitude
        let sign = milliseconds < 0 ? "-" : ""
        switch total {
        case 0: return "0s"
        case ..<1000: return "\(sign)\(total)ms"
        case ..<10_000: return "\(sign)\(total / 1000).\(total % 1000 / 100)s"
        case ..<60_000: return "\(sign)\(total / 1000)s"
        case ..<3_600_000: return sign + Self.pair(total / 1000, 60, "m", "s")
        case ..<86_400_000: return sign + Self.pair(total / 60_000, 60, "h", "m")
        default: return sign + Self.pair(total / 3_600_000, 24, "d", "h")
        }
    }

    /// The interval as a position on a time line: `00:12:30`, `26:00:00`.
    package var clockText: String {
        let seconds = max(milliseconds, 0) / 1000
        return [seconds / 3600, seconds / 60 % 60, seconds % 60].map(Self.twoDigits).joined(separator: ":")
    }

    private static func pair(_ count: UInt64, _ base: UInt64, _ large: String, _ small: String) -> String {
        let (whole, rest) = count.quotientAndRemainder(dividingBy: base)
        return rest == 0 ? "\(whole)\(large)" : "\(whole)\(large) \(twoDigits(Int64(rest)))\(small)"
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Formats the bound of a latency bin, or a dash if there is none: `≤ 42 ms`, `≤ 0.35 ms`.
package func latencyText(_ milliseconds: Double?) -> String {
    guard let milliseconds else { return "–" }
    return "≤ \(Int(exactly: milliseconds).map { "\($0)" } ?? "\(milliseconds)") ms"
}

extension Timestamp {
    /// The time in UTC to the second, for people: `2026-11-22 10:15:30`.
    package var short: String {
        guard self != .distantFuture else { return "never" }
        return String(description.prefix(19)).split(separator: "T").joined(separator: " ")
    }

    /// The same with its time zone, for times at which a person must act: `2026-11-22 10:15:30 UTC`.
    package var zoned: String { self == .distantFuture ? short : "\(short) UTC" }
}
