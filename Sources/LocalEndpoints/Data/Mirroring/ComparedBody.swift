internal import Crypto
internal import FoundationEssentials
internal import NIOCore
internal import Rollouts

/// An answer's body kept for comparison: complete if it is short, otherwise as a digest.
struct ComparedBody: Sendable {
    private let limit: Int
    private var bytes = ByteBuffer()
    private var digest: SHA256?

    /// The maximum number of bytes up to which bodies with different bytes are compared as JSON.
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

    /// Whether both answers are equivalent to a client.
    ///
    /// Differences in the deployment's own name are ignored, as are differences between numbers of at most `tolerance`,
    /// relative to the larger number.
    func agrees(with other: ComparedBody, within tolerance: Double) -> Bool {
        guard digest == nil, other.digest == nil else {
            let left = digest ?? Self.digest(of: bytes)
            return left.finalize() == (other.digest ?? Self.digest(of: other.bytes)).finalize()
        }
        if bytes == other.bytes { return true }
        guard bytes.readableBytes <= Self.jsonLimit, other.bytes.readableBytes <= Self.jsonLimit else { return false }
        guard let left = json, let right = other.json else { return false }
        return left.agrees(with: right, within: tolerance)
    }

    /// Whether the comparison is cheap because it needs only the bytes.
    func isDecidedByBytes(with other: ComparedBody) -> Bool {
        digest != nil || other.digest != nil || bytes == other.bytes
            || max(bytes.readableBytes, other.bytes.readableBytes) > Self.jsonLimit
    }

    /// The body as JSON; `nil` if it is not valid JSON.
    ///
    /// The deployment's own name does not count as a difference, as on the simulated backend; neither does the notation
    /// of numbers.
    private var json: Value? {
        guard let value = try? JSONReader.value(bytes.readableBytesView) else { return nil }
        guard case .mapping(var members) = value else { return value }
        members["deployment"] = nil
        return .mapping(members)
    }

    private static func digest(of bytes: ByteBuffer) -> SHA256 {
        var digest = SHA256()
        bytes.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
        return digest
    }
}

extension Value {
    /// Whether both values are equal, with numbers compared by value and within `tolerance`.
    fileprivate func agrees(with other: Value, within tolerance: Double) -> Bool {
        switch (self, other) {
        case (.list(let left), .list(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.agrees(with: $1, within: tolerance) }
        case (.mapping(let left), .mapping(let right)):
            left.count == right.count
                && left.allSatisfy { key, value in right[key]?.agrees(with: value, within: tolerance) ?? false }
        case (.integer(let left), .integer(let right)) where left == right: true
        case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number):
            Self.areClose(number, other.number, within: tolerance)
        default: self == other
        }
    }

    private var number: Double {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .null, .bool, .string, .list, .mapping: .nan
        }
    }

    private static func areClose(_ left: Double, _ right: Double, within tolerance: Double) -> Bool {
        left == right || abs(left - right) <= tolerance * max(abs(left), abs(right))
    }
}
