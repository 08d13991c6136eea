internal import NIOCore
internal import SimulatedEndpoints

/// A GUID for one request, in the form of RFC 9562's version 4.
struct RequestID: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// Characters of the written form.
    static let length = 36

    fileprivate init(high: UInt64, low: UInt64) {
        self.high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        self.low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    func write(to buffer: inout ByteBuffer) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.length) { text in
            var index = 0
            for position in 0..<32 {
                if position == 8 || position == 12 || position == 16 || position == 20 {
                    text[index] = UInt8(ascii: "-")
                    index += 1
                }
                let half = position < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - position % 16 * 4)) & 0xF
                text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                index += 1
            }
            buffer.writeBytes(UnsafeRawBufferPointer(text))
        }
    }
}

extension RequestID: CustomStringConvertible {
    var description: String {
        var buffer = ByteBuffer()
        write(to: &buffer)
        return String(buffer: buffer)
    }
}

/// Makes request ids: two sequences that never repeat within a process, from seeds that no other process has.
struct RequestIDs: Sendable {
    private var high = SeededGenerator(seed: .random(in: .min ... .max))
    private var low = SeededGenerator(seed: .random(in: .min ... .max))

    mutating func next() -> RequestID { RequestID(high: high.next(), low: low.next()) }
}
