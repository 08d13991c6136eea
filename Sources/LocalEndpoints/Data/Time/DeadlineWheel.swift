internal import NIOCore

/// An object on one event loop with a deadline that changes often.
protocol Expiring: AnyObject {
    var expiry: Expiry { get set }
    /// Called at the deadline; sets the next one, if any, in `expiry`.
    func expire(at now: NIODeadline)
}

/// A deadline and its position in the wheel.
struct Expiry {
    /// The deadline; it may be set freely if ``DeadlineWheel/watch(_:at:)`` is called whenever it becomes earlier.
    var moment: NIODeadline = .distantFuture
    /// The tick at which the member is next checked; `nil` if it is not in the wheel.
    fileprivate var tick: UInt64?
}

/// Timeouts of many connections at almost no cost: a deadline that moves later is stored without moving the member.
///
/// Each member is placed at one tick, at most ``horizon`` ticks ahead, and is placed again if it is checked too early.
/// A request therefore needs no timer; only a connection does, about once a second. Members expire up to one tick (5
/// ms) late.
final class DeadlineWheel {
    private struct Bucket {
        var tick: UInt64
        var members: [any Expiring] = []
    }

    private static let tickLength: UInt64 = 5_000_000
    private static let horizon: UInt64 = 256
    private var buckets: [Bucket] = (0..<horizon).map { Bucket(tick: $0) }
    private var members = 0
    /// The next tick to check.
    private var cursor: UInt64

    init(now: NIODeadline) { cursor = now.uptimeNanoseconds / Self.tickLength }

    /// Schedules `member` to be checked when it expires.
    ///
    /// - Returns: The time at which to call ``advance(to:)``; `nil` if the member is already scheduled early enough.
    func watch(_ member: any Expiring, at now: NIODeadline) -> NIODeadline? {
        // By far the most common case: the member is already checked before its deadline.
        if let present = member.expiry.tick, present * Self.tickLength <= member.expiry.moment.uptimeNanoseconds {
            return nil
        }
        if members == 0 { cursor = max(cursor, now.uptimeNanoseconds / Self.tickLength) }
        let tick = tick(for: member.expiry.moment)
        if let present = member.expiry.tick, present <= tick { return nil }
        place(member, at: tick)
        return NIODeadline.uptimeNanoseconds((tick + 1) * Self.tickLength)
    }

    /// Checks every member with a tick before `now`.
    ///
    /// - Returns: The time of the next call; `nil` if the wheel is empty.
    func advance(to now: NIODeadline) -> NIODeadline? {
        let end = now.uptimeNanoseconds / Self.tickLength
        while cursor < end {
            let slot = Int(cursor % Self.horizon)
            let tick = cursor
            cursor += 1
            guard buckets[slot].tick == tick, !buckets[slot].members.isEmpty else { continue }
            let due = buckets[slot].members
            buckets[slot].members = []
            members -= due.count
            for member in due where member.expiry.tick == tick { look(at: member, now: now) }
        }
        return nextMoment
    }

    private func look(at member: any Expiring, now: NIODeadline) {
        member.expiry.tick = nil
        if member.expiry.moment <= now { member.expire(at: now) }
        guard member.expiry.moment < .distantFuture, member.expiry.tick == nil else { return }
        place(member, at: tick(for: member.expiry.moment))
    }

    private func place(_ member: any Expiring, at tick: UInt64) {
        let slot = Int(tick % Self.horizon)
        buckets[slot].tick = tick
        buckets[slot].members.append(member)
        members += 1
        member.expiry.tick = tick
    }

    private func tick(for moment: NIODeadline) -> UInt64 {
        min(max(moment.uptimeNanoseconds / Self.tickLength, cursor), cursor + Self.horizon - 1)
    }

    private var nextMoment: NIODeadline? {
        guard members > 0 else { return nil }
        for tick in cursor..<cursor + Self.horizon where !buckets[Int(tick % Self.horizon)].members.isEmpty {
            return NIODeadline.uptimeNanoseconds((tick + 1) * Self.tickLength)
        }
        return nil
    }
}
