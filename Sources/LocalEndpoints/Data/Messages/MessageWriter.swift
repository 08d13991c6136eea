internal import NIOCore

/// Writes a message's bytes into memory that is there already; what finds no room is only counted.
struct MessageWriter {
    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes of the message so far, with those that found no room.
    private(set) var count = 0

    fileprivate init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        let end = count + bytes.count
        if end <= memory.count, let source = bytes.baseAddress, let target = memory.baseAddress {
            (target + count).copyMemory(from: source, byteCount: bytes.count)
        }
        count = end
    }

    @inline(__always)
    mutating func write(_ text: StaticString) { text.withUTF8Buffer { write(UnsafeRawBufferPointer($0)) } }

    mutating func writeText(_ text: String) { text.withBytes { write(UnsafeRawBufferPointer($0)) } }

    mutating func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }

    mutating func write(_ buffer: ByteBuffer) { buffer.withUnsafeReadableBytes { write($0) } }

    /// `name: value` and the line's end.
    mutating func writeField(_ name: String, _ value: String) {
        writeText(name)
        write(": ")
        writeRaw(value.trimmingOptionalSpace)
        write("\r\n")
    }

    mutating func writeDecimal(_ number: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = max(number, 0)
            var index = digits.count
            repeat {
                index -= 1
                digits[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[index...]))
        }
    }

    /// Milliseconds with three decimals: `12.345`.
    mutating func writeMilliseconds(nanoseconds: UInt64) {
        let microseconds = Int(clamping: nanoseconds / 1000)
        writeDecimal(microseconds / 1000)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { decimals in
            decimals[0] = UInt8(ascii: ".")
            decimals[1] = UInt8(ascii: "0") + UInt8(microseconds / 100 % 10)
            decimals[2] = UInt8(ascii: "0") + UInt8(microseconds / 10 % 10)
            decimals[3] = UInt8(ascii: "0") + UInt8(microseconds % 10)
            write(UnsafeRawBufferPointer(decimals))
        }
    }
}

extension ByteBuffer {
    /// Becomes what `body` writes, in the memory that it has if that is enough; else `body` is called once more.
    mutating func compose(_ body: (inout MessageWriter) -> Void) {
        clear()
        var room = max(capacity, 1024)
        while true {
            var length = 0
            writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
                var writer = MessageWriter(memory)
                body(&writer)
                length = writer.count
                return length <= memory.count ? length : 0
            }
            guard length > readableBytes else { return }
            room = length
        }
    }

    /// What `body` writes.
    static func composed(_ body: (inout MessageWriter) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.compose(body)
        return buffer
    }
}
