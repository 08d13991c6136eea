package import FoundationEssentials

/// A length of time in whole milliseconds, at least 0 in playbooks.
package struct Interval: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package static func milliseconds(_ count: Int64) -> Interval { Interval(milliseconds: count) }
    package static func seconds(_ count: Int64) -> Interval { Interval(milliseconds: count * 1000) }
    package static func minutes(_ count: Int64) -> Interval { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Interval { .minutes(count * 60) }
    package static let zero = Interval(milliseconds: 0)

    package static func < (left: Interval, right: Interval) -> Bool { left.milliseconds < right.milliseconds }
    package static func * (left: Interval, factor: Int64) -> Interval {
        let (product, overflow) = left.milliseconds.multipliedReportingOverflow(by: factor)
        return Interval(milliseconds: overflow ? .max : product)
    }

    package var seconds: Double { Double(milliseconds) / 1000 }
    package var duration: Duration { .milliseconds(milliseconds) }
}

extension Interval: CustomStringConvertible {
    /// The form that playbooks use: `250ms`, `1.5s`, `10m`, `1h30m`, `2d`.
    package var description: String {
        let sign = milliseconds < 0 ? "-" : ""
        let total = milliseconds.magnitude
        guard total != 0 else { return "0s" }
        guard total >= 1000 else { return "\(sign)\(total)ms" }
        var text = sign
        var rest = total
        for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)] as [(String, UInt64)]
        where rest >= length {
            text += "\(rest / length)\(unit)"
            rest %= length
        }
        guard rest != 0 else { return text }
        let (whole, thousandths) = rest.quotientAndRemainder(dividingBy: 1000)
        guard thousandths != 0 else { return text + "\(whole)s" }
        var fraction = String(1000 + thousandths).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return text + "\(whole).\(fraction)s"
    }
}

extension Interval: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(_ date: Date) { self.milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded()) }

    /// Later than every moment that a clock can show.
    package static let distantFuture = Timestamp(milliseconds: .max)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
    package static func - (left: Timestamp, right: Timestamp) -> Interval {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return Interval(milliseconds: overflow ? .max : difference)
    }
    /// The moment that is `interval` later; what can't be counted is ``distantFuture``.
    package static func + (left: Timestamp, interval: Interval) -> Timestamp {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(interval.milliseconds)
        return overflow ? .distantFuture : Timestamp(milliseconds: sum)
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC with milliseconds: `2026-11-22T10:15:30.250Z`.
    package var description: String {
        guard self != .distantFuture else { return "never" }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            .formatted(.iso8601.time(includingFractionalSeconds: true))
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}
