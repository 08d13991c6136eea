internal import Rollouts
internal import Synchronization

/// Lets a bounded number of lines a second pass, and counts the rest; any thread may ask, and none waits.
///
/// At tens of thousands of requests a second a line for each would cost more than answering them, and push every event
/// out of a bounded file within seconds.
final class RequestLineLimit: Sendable {
    static let linesPerSecond = 1000

    enum Admission: Hashable {
        /// `leftOut` lines were not let pass since the last time that this was told.
        case yes(leftOut: Int)
        case no
    }

    private let second = Atomic<Int64>(.min)
    private let asked = Atomic<Int>(0)
    private let leftOut = Atomic<Int>(0)

    func admit(at time: Timestamp) -> Admission {
        let now = time.milliseconds / 1000
        let current = second.load(ordering: .relaxed)
        // Whoever comes first in a new second begins the count anew; a clock that was set back begins one too.
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
