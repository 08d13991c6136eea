internal import Synchronization

/// JSON that need not be made again.
package protocol KnownJSON: Sendable {
    func bytes<Value: Encodable>(of value: Value) -> [UInt8]?
    func keep<Value: Encodable>(_ value: Value, as bytes: ArraySlice<UInt8>)
}

/// The last few values of a type that were encoded, with their JSON.
///
/// A commit names the same endpoint up to five times, in the run's record and in its events, and so does the next one,
/// or one that differs in a deployment or in traffic; encoding it anew each time is most of a commit's cost. Values that
/// share their storage compare at once.
/// What is equal is written alike: a name keeps the case in which it was seen first.
package final class KnownValues<Known: Encodable & Equatable & Sendable>: KnownJSON {
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

/// Values of several types.
extension [any KnownJSON]: KnownJSON {
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
