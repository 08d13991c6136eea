internal import NIOCore
internal import SimulatedEndpoints

/// A GUID that identifies one request, in the form of a version 4 UUID (RFC 9562).
struct RequestID: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// The number of characters of the text form.
    static let length = 36

    fileprivate init(high: UInt64, low: UInt64) {
        self.high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        self.low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    func write(to writer: inout MessageWriter) {
        withUnsafeTemporaryAllocation(byteCount: Self.length, alignment: 8) { text in
            let (second, third) = (Self.digits(of: high), Self.digits(of: low >> 32))
            text.storeBytes(of: Self.digits(of: high >> 32).bigEndian, as: UInt64.self)
            text.storeBytes(of: UInt32(second >> 32).bigEndian, toByteOffset: 9, as: UInt32.self)
            text.storeBytes(of: UInt32(truncatingIfNeeded: second).bigEndian, toByteOffset: 14, as: UInt32.self)
            text.storeBytes(of: UInt32(third >> 32).bigEndian, toByteOffset: 19, as: UInt32.self)
            text.storeBytes(of: UInt32(truncatingIfNeeded: third).bigEndian, toByteOffset: 24, as: UInt32.self)
            text.storeBytes(of: Self.digits(of: low).bigEndian, toByteOffset: 28, as: UInt64.self)
            (text[8], text[13], text[18], text[23]) = (Self.hyphen, Self.hyphen, Self.hyphen, Self.hyphen)
            writer.write(UnsafeRawBufferPointer(text))
        }
    }

    private static let hyphen = UInt8(ascii: "-")

    /// The eight hexadecimal digits of the lower half of `number`, one per byte, computed in parallel.
    private static func digits(of number: UInt64) -> UInt64 {
        var halves = number & 0xFFFF_FFFF
        halves = (halves | halves << 16) & 0x0000_FFFF_0000_FFFF
        halves = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF
        halves = (halves | halves << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // 1 in every byte that is a letter: letters are 39 code points above where a further digit would be.
        let letters = (halves + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return halves + 0x3030_3030_3030_3030 + letters * 39
    }
}

extension RequestID: CustomStringConvertible {
    var description: String {
        String(buffer: .composed { write(to: &$0) })
    }
}

/// Generates request IDs from two sequences with random seeds, neither of which repeats within a process.
struct RequestIDs: Sendable {
    private var high = SeededGenerator(seed: .random(in: .min ... .max))
    private var low = SeededGenerator(seed: .random(in: .min ... .max))

    mutating func next() -> RequestID { RequestID(high: high.next(), low: low.next()) }
}
