package import FoundationEssentials
internal import Rollouts

/// Encodes values as JSON bytes that `JSONDecoder` can read, without building a tree first.
///
/// Foundation's encoder builds a tree, which costs several times as much as everything SQLite does for a commit.
/// Members are written in the order in which they are encoded. The journal hashes the stored bytes, so no canonical
/// order is needed. `Data` and `Date` throw `EncodingError`, because Foundation encodes them in its own formats.
package enum CompactJSON {
    package static func encode(_ value: some Encodable, knowing known: (any JSONCache)? = nil) throws -> Data {
        let writer = Writer(known)
        try writer.encode(value)
        return Data(writer.bytes)
    }

    /// The bytes written so far and the stack of open containers.
    ///
    /// Only the innermost container grows. Writing to an outer one closes all containers inside it.
    fileprivate final class Writer {
        private(set) var bytes: [UInt8] = []
        /// The closing byte of each open container, and whether it has a member yet.
        private var open: [(end: UInt8, hasMembers: Bool)] = []

        private let known: (any JSONCache)?

        init(_ known: (any JSONCache)?) {
            self.known = known
            bytes.reserveCapacity(2048)
        }

        var depth: Int { open.count }

        func begin(_ start: Character, end: Character) -> Int {
            bytes.append(start.asciiValue ?? 0)
            open.append((end.asciiValue ?? 0, false))
            return open.count
        }

        func close(to depth: Int) {
            while open.count > depth { bytes.append(open.removeLast().end) }
        }

        func beginMember(at depth: Int) {
            precondition(open.count >= depth, "a container was written to after it was closed")
            close(to: depth)
            if open[depth - 1].hasMembers { bytes.append(UInt8(ascii: ",")) }
            open[depth - 1].hasMembers = true
        }

        func beginMember(_ key: String, at depth: Int) {
            beginMember(at: depth)
            write(key)
            bytes.append(UInt8(ascii: ":"))
        }

        func write(literal: StaticString) {
            bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
        }

        func write(_ number: some BinaryInteger) { bytes.append(contentsOf: String(number).utf8) }

        func write(_ number: Double) throws {
            guard number.isFinite else {
                throw EncodingError.invalidValue(
                    number, .init(codingPath: [], debugDescription: "JSON cannot represent \(number)"))
            }
            bytes.append(contentsOf: number.description.utf8)
        }

        func write(_ text: String) { JSONWriter.append(text, to: &bytes) }

        func encode<Value: Encodable>(_ value: Value) throws {
            guard Value.self != Data.self, Value.self != Date.self else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: [], debugDescription: "\(Value.self) cannot be stored"))
            }
            if let known = known?.bytes(of: value) { return bytes.append(contentsOf: known) }
            let start = bytes.count
            try encodeMembers(of: value)
            known?.keep(value, as: bytes[start...])
        }

        private func encodeMembers(of value: some Encodable) throws {
            let depth = depth
            let start = bytes.count
            try value.encode(to: Slot(writer: self))
            close(to: depth)
            if bytes.count == start { write(literal: "{}") }
        }
    }

    /// The encoder for a single value.
    fileprivate struct Slot: Encoder {
        let writer: Writer
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            KeyedEncodingContainer(Members<Key>(writer: writer, depth: writer.begin("{", end: "}")))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            Items(writer: writer, depth: writer.begin("[", end: "]"))
        }

        func singleValueContainer() -> any SingleValueEncodingContainer { Single(writer: writer) }
    }
}

// MARK: - Containers

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: CompactJSON.Writer
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) { writer.beginMember(key.stringValue, at: depth) }

    func encodeNil(forKey key: Key) {
        begin(key)
        writer.write(literal: "null")
    }

    func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        writer.write(literal: value ? "true" : "false")
    }

    func encode(_ value: String, forKey key: Key) {
        begin(key)
        writer.write(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        begin(key)
        writer.write(value)
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        begin(key)
        try writer.encode(value)
    }

    func nestedContainer<NestedKey>(keyedBy type: NestedKey.Type, forKey key: Key) -> KeyedEncodingContainer<NestedKey>
    {
        begin(key)
        return CompactJSON.Slot(writer: writer).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        begin(key)
        return CompactJSON.Slot(writer: writer).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        writer.beginMember("super", at: depth)
        return CompactJSON.Slot(writer: writer)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        begin(key)
        return CompactJSON.Slot(writer: writer)
    }
}

private struct Items: UnkeyedEncodingContainer {
    let writer: CompactJSON.Writer
    let depth: Int
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(writer: CompactJSON.Writer, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    private mutating func begin() {
        writer.beginMember(at: depth)
        count += 1
    }

    mutating func encodeNil() {
        begin()
        writer.write(literal: "null")
    }

    mutating func encode(_ value: some Encodable) throws {
        begin()
        try writer.encode(value)
    }

    mutating func nestedContainer<NestedKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        begin()
        return CompactJSON.Slot(writer: writer).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        begin()
        return CompactJSON.Slot(writer: writer).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        begin()
        return CompactJSON.Slot(writer: writer)
    }
}

private struct Single: SingleValueEncodingContainer {
    let writer: CompactJSON.Writer
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.write(literal: "null") }
    func encode(_ value: Bool) { writer.write(literal: value ? "true" : "false") }
    func encode(_ value: String) { writer.write(value) }
    func encode(_ value: Double) throws { try writer.write(value) }
    func encode(_ value: Float) throws { try writer.write(Double(value)) }
    func encode(_ value: Int) { writer.write(value) }
    func encode(_ value: Int8) { writer.write(value) }
    func encode(_ value: Int16) { writer.write(value) }
    func encode(_ value: Int32) { writer.write(value) }
    func encode(_ value: Int64) { writer.write(value) }
    func encode(_ value: UInt) { writer.write(value) }
    func encode(_ value: UInt8) { writer.write(value) }
    func encode(_ value: UInt16) { writer.write(value) }
    func encode(_ value: UInt32) { writer.write(value) }
    func encode(_ value: UInt64) { writer.write(value) }
    func encode(_ value: some Encodable) throws { try writer.encode(value) }
}
