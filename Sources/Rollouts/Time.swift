package import FoundationEssentials

/// A length of time in whole milliseconds, at least 0 in playbooks.
package struct Interval: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package static func milliseconds(_ count: Int64) -> Interval { Interval(milliseconds: count) }
    /// Rounds to the nearest millisecond; values that are out of range become the longest interval or zero.
    package init(seconds: Double) {
        self.init(milliseconds: Int64(exactly: (seconds * 1000).rounded()) ?? (seconds > 0 ? .max : 0))
    }

    package static func seconds(_ count: Int64) -> Interval { .milliseconds(1000) * count }
    package static func minutes(_ count: Int64) -> Interval { .seconds(60) * count }
    package static func hours(_ count: Int64) -> Interval { .minutes(60) * count }
    package static let zero = Interval(milliseconds: 0)

    package static func < (left: Interval, right: Interval) -> Bool { left.milliseconds < right.milliseconds }
    package static func + (left: Interval, right: Interval) -> Interval {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.milliseconds)
        return Interval(milliseconds: overflow ? (right < .zero ? .min : .max) : sum)
    }
    package static func - (left: Interval, right: Interval) -> Interval {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return Interval(milliseconds: overflow ? (right < .zero ? .max : .min) : difference)
    }
    /// Multiplies an interval; overflow yields the longest or shortest interval.
    package static func * (left: Interval, factor: Int64) -> Interval {
        let (product, overflow) = left.milliseconds.multipliedReportingOverflow(by: factor)
        let limit: Int64 = (left.milliseconds < 0) == (factor < 0) ? .max : .min
        return Interval(milliseconds: overflow ? limit : product)
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

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(_ date: Date) { self.milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded()) }

    /// Later than any time that a clock can show.
    package static let distantFuture = Timestamp(milliseconds: .max)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
    package static func - (left: Timestamp, right: Timestamp) -> Interval {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return Interval(milliseconds: overflow ? (left < right ? .min : .max) : difference)
    }
    /// Subtracts an interval; overflow yields ``distantFuture`` or the earliest time.
    package static func - (left: Timestamp, interval: Interval) -> Timestamp { left + (.zero - interval) }

    package static func + (left: Timestamp, interval: Interval) -> Timestamp {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(interval.milliseconds)
        guard overflow else { return Timestamp(milliseconds: sum) }
        return interval < .zero ? Timestamp(milliseconds: .min) : .distantFuture
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC with milliseconds: `2026-11-22T10:15:30.250Z`.
    package var description: String {
        guard self != .distantFuture else { return "never" }
        let (day, time) = milliseconds.floored(by: 86_400_000)
        let (year, month, dayOfMonth) = Self.date(daysSince1970: day)
        let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60)
        return "\(year.padded(4))-\(month.padded(2))-\(dayOfMonth.padded(2))"
            + "T\(hour.padded(2)):\(minute.padded(2)):\(second.padded(2)).\((time % 1000).padded(3))Z"
    }

    /// Computes the Gregorian date with years that begin in March (Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms").
    private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).floored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return (
            year: era * 400 + yearOfEra + (month < 10 ? 0 : 1), month: month < 10 ? month + 3 : month - 9,
            day: dayOfYear - (153 * month + 2) / 5 + 1
        )
    }
}

extension Int64 {
    /// Divides and rounds the quotient down.
    fileprivate func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// The number padded with leading zeros to at least `length` digits.
    fileprivate func padded(_ length: Int) -> String {
        let digits = String(magnitude)
        return (self < 0 ? "-" : "") + String(repeating: "0", count: Swift.max(length - digits.count, 0)) + digits
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
