internal import Crypto
internal import FoundationEssentials
internal import NIOCore
internal import Rollouts

/// An answer's body as it is kept for comparison: whole while it is short, else as a digest.
struct ComparedBody: Sendable {
    private let limit: Int
    private var bytes = ByteBuffer()
    private var digest: SHA256?

    /// Bodies up to this length are compared as JSON where their bytes differ.
    static let jsonLimit = 64 * 1024

    init(limit: Int) { self.limit = limit }

    init(_ body: ByteBuffer) {
        limit = .max
        bytes = body
    }

    mutating func append(_ part: ByteBuffer) {
        if digest == nil {
            guard bytes.readableBytes + part.readableBytes > limit else {
                bytes.writeImmutableBuffer(part)
                return
            }
            digest = Self.digest(of: bytes)
            bytes = ByteBuffer()
        }
        part.withUnsafeReadableBytes { digest?.update(bufferPointer: $0) }
    }

    /// True when a client could not tell them apart, but for the deployment's name in them.
    func agrees(with other: ComparedBody) -> Bool {
        guard digest == nil, other.digest == nil else {
            let left = digest ?? Self.digest(of: bytes)
            return left.finalize() == (other.digest ?? Self.digest(of: other.bytes)).finalize()
        }
        if bytes == other.bytes { return true }
        guard bytes.readableBytes <= Self.jsonLimit, other.bytes.readableBytes <= Self.jsonLimit else { return false }
        guard let left = json, let right = other.json else { return false }
        return left == right
    }

    /// True when comparing takes no longer than looking at the bytes.
    func isSettledByBytes(with other: ComparedBody) -> Bool {
        digest != nil || other.digest != nil || bytes == other.bytes
            || max(bytes.readableBytes, other.bytes.readableBytes) > Self.jsonLimit
    }

    /// The body as JSON; nil where it is none.
    ///
    /// That a deployment names itself is no difference, as on the simulated backend; nor is how a number is written.
    private var json: Value? {
        let data = Data(bytes.readableBytesView)
        guard let value = try? JSONDecoder().decode(Value.self, from: data) else { return nil }
        guard case .mapping(var members) = value else { return value.withPlainNumbers }
        members["deployment"] = nil
        return Value.mapping(members).withPlainNumbers
    }

    private static func digest(of bytes: ByteBuffer) -> SHA256 {
        var digest = SHA256()
        bytes.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
        return digest
    }
}

extension Value {
    /// The same value with every whole number as an integer where it can be one.
    fileprivate var withPlainNumbers: Value {
        switch self {
        case .number(let number): Int(exactly: number).map(Value.integer) ?? self
        case .list(let items): .list(items.map(\.withPlainNumbers))
        case .mapping(let members): .mapping(members.mapValues(\.withPlainNumbers))
        case .null, .bool, .integer, .string: self
        }
    }
}
