internal import Rollouts
internal import Synchronization

/// Limits the number of log lines a second and counts the rest; lock-free and safe to call from any thread.
///
/// At tens of thousands of requests a second, a line for each would cost more than answering them, and would push every
/// event out of a bounded file within seconds.
final class RequestLineLimit: Sendable {
    static let linesPerSecond = 1000

    enum Admission: Hashable {
        /// The line may be written; `leftOut` lines were suppressed since this was last reported.
        case yes(leftOut: Int)
        case no
    }

    private let second = Atomic<Int64>(.min)
    private let asked = Atomic<Int>(0)
    private let leftOut = Atomic<Int>(0)

    func admit(at time: Timestamp) -> Admission {
        let now = time.milliseconds / 1000
        let current = second.load(ordering: .relaxed)
        // The first caller in a new second restarts the count; so does one after the clock was set back.
        if current != now, second.compareExchange(expected: current, desired: now, ordering: .relaxed).exchanged {
            asked.store(1, ordering: .relaxed)
            return .yes(leftOut: leftOut.exchange(0, ordering: .relaxed))
        }
        guard asked.wrappingAdd(1, ordering: .relaxed).newValue <= Self.linesPerSecond else {
            leftOut.wrappingAdd(1, ordering: .relaxed)
            return .no
        }
        return .yes(leftOut: 0)
    }
}
