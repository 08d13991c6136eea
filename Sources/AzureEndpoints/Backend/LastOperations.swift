internal import Synchronization

/// Where the last operation on each resource can be asked about.
final class LastOperations: Sendable {
    private let addresses = Mutex<[String: String]>([:])

    func keep(_ address: String?, of path: ResourcePath) {
        addresses.withLock { $0[path.description.lowercased()] = address }
    }

    func last(of path: ResourcePath) -> String? {
        addresses.withLock { $0[path.description.lowercased()] }
    }
}
