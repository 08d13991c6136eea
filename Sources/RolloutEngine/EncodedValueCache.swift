internal import Synchronization

/// A cache of encoded JSON.
package protocol JSONCache: Sendable {
    func bytes<Value: Encodable>(of value: Value) -> [UInt8]?
    func keep<Value: Encodable>(_ value: Value, as bytes: ArraySlice<UInt8>)
}

/// The most recently encoded values of a type, with their JSON.
///
/// A commit contains the same endpoint up to five times, in the run's record and its events. The next commit contains
/// the same one again, or one that differs only in a deployment or in traffic. Encoding it anew each time would be most
/// of a commit's cost. Values that share their storage compare instantly. Equal values are written identically: a name
/// keeps the case in which it was first seen.
package final class EncodedValueCache<Known: Encodable & Equatable & Sendable>: JSONCache {
    private let items = Mutex<[(value: Known, bytes: [UInt8])]>([])
    private let limit = 8

    package init() {}

    package func bytes<Value: Encodable>(of value: Value) -> [UInt8]? {
        guard Value.self == Known.self, let known = value as? Known else { return nil }
        return items.withLock { items in items.last { $0.value == known }?.bytes }
    }

    package func keep<Value: Encodable>(_ value: Value, as bytes: ArraySlice<UInt8>) {
        guard Value.self == Known.self, let known = value as? Known else { return }
        items.withLock { items in
            if items.count == limit { items.removeFirst() }
            items.append((known, Array(bytes)))
        }
    }
}

/// A combination of caches for several types.
extension [any JSONCache]: JSONCache {
    package func bytes<Value: Encodable>(of value: Value) -> [UInt8]? {
        for known in self {
            if let bytes = known.bytes(of: value) { return bytes }
        }
        return nil
    }

    package func keep<Value: Encodable>(_ value: Value, as bytes: ArraySlice<UInt8>) {
        for known in self { known.keep(value, as: bytes) }
    }
}
