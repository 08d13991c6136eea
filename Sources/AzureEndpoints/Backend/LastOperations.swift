internal import Synchronization

/// The URLs at which the last operation on each resource can be polled.
final class LastOperations: Sendable {
    private let addresses = Mutex<[String: String]>([:])

    func keep(_ address: String?, of path: ResourcePath) {
        addresses.withLock { $0[path.description.lowercased()] = address }
    }

    func last(of path: ResourcePath) -> String? {
        addresses.withLock { $0[path.description.lowercased()] }
    }
}
