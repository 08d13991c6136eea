internal import NIOCore

/// Writes a message into preallocated memory; bytes that do not fit are only counted.
struct MessageWriter {
    private let memory: UnsafeMutableRawBufferPointer
    /// The number of bytes of the message so far, including those that did not fit.
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

    /// Writes `name: value` and the line end.
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

    /// Writes milliseconds with three decimals: `12.345`.
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
    /// Replaces the contents with the output of `body`, which is called again with more memory if the capacity was too
    /// small.
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

    /// A new buffer with the output of `body`.
    static func composed(_ body: (inout MessageWriter) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.compose(body)
        return buffer
    }
}
