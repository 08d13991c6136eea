internal import NIOCore

/// Something on one event loop that has to act at a moment which changes often.
protocol Expiring: AnyObject {
    var expiry: Expiry { get set }
    /// The moment has come; sets the next one, if any, by its `expiry`.
    func expire(at now: NIODeadline)
}

/// When something expires, and where it stands in the wheel.
struct Expiry {
    /// May be set at will if ``DeadlineWheel/watch(_:at:)`` is told of every moment that is earlier than the one before.
    var moment: NIODeadline = .distantFuture
    /// The tick at which it is looked at next; nil while it is not in the wheel.
    fileprivate var tick: UInt64?
}

/// Time-outs of many connections at almost no cost: a deadline that moves away is only stored, not moved.
///
/// Each member stands at one tick, at most ``horizon`` ahead, and is put further when it is looked at too early. So
/// a request costs no timer, only a connection does, about once a second. Members are up to a tick late.
final class DeadlineWheel {
    private struct Bucket {
        var tick: UInt64
        var members: [any Expiring] = []
    }

    private static let tickLength: UInt64 = 5_000_000
    private static let horizon: UInt64 = 256
    private var buckets: [Bucket] = (0..<horizon).map { Bucket(tick: $0) }
    private var members = 0
    /// The next tick to look at.
    private var cursor: UInt64

    init(now: NIODeadline) { cursor = now.uptimeNanoseconds / Self.tickLength }

    /// Sees to it that `member` is looked at when it expires.
    ///
    /// Answers the moment to call ``advance(to:)`` at.
    func watch(_ member: any Expiring, at now: NIODeadline) -> NIODeadline? {
        // By far the commonest: it is looked at before that as it stands.
        if let present = member.expiry.tick, present * Self.tickLength <= member.expiry.moment.uptimeNanoseconds {
            return nil
        }
        if members == 0 { cursor = max(cursor, now.uptimeNanoseconds / Self.tickLength) }
        let tick = tick(for: member.expiry.moment)
        if let present = member.expiry.tick, present <= tick { return nil }
        place(member, at: tick)
        return NIODeadline.uptimeNanoseconds((tick + 1) * Self.tickLength)
    }

    /// Looks at every member whose tick is over by `now`.
    ///
    /// Answers the moment of the next call, nil when all is empty.
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
