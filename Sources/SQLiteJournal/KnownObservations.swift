internal import RolloutEngine
internal import Synchronization

/// The last few observations that were encoded, with their JSON.
///
/// A commit names the same endpoint up to five times, in the run's record and in its events, and so does the next one;
/// encoding it anew each time is most of a commit's cost. Observations that share their storage compare at once.
/// What is equal is written alike: a name keeps the case in which it was seen first.
final class KnownObservations: Sendable {
    private let items = Mutex<[(observation: Observation, bytes: [UInt8])]>([])
    private static let limit = 4

    func bytes(of observation: Observation) -> [UInt8]? {
        items.withLock { items in items.last { $0.observation == observation }?.bytes }
    }

    func keep(_ observation: Observation, as bytes: ArraySlice<UInt8>) {
        items.withLock { items in
            if items.count == Self.limit { items.removeFirst() }
            items.append((observation, Array(bytes)))
        }
    }
}
