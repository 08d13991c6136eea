internal import NIOCore
internal import NIOHTTP1

/// Preserves the bytes of header fields that are not UTF-8, which the parser's strings would lose.
///
/// In a string, such a byte is represented by a scalar of the last private-use plane, ``byte(_:)``; ``MessageWriter``
/// writes it as the byte again. A string that already contains such a scalar is treated the same way, so that the
/// representation is unambiguous.
struct RawFields {
    /// The beginning of a head that is not complete yet.
    private var kept: [UInt8] = []
    /// The parser's current input, and the number of its bytes that are already at the end of ``kept``.
    private var chunk = ByteBuffer()
    private var repeated = 0
    private var isPlain = true
    /// The offset in ``kept`` and ``chunk`` together at which the next field may begin.
    private var position = 0
    private var headIsOpen = true
    /// Whether a head or the end of a message was parsed from ``chunk``.
    private var sawMessage = false

    /// Called before the parser gets `chunk`, whose first `repeated` bytes it left over from the previous chunk.
    mutating func begin(_ chunk: ByteBuffer, repeated: Int) {
        self.chunk = chunk
        self.repeated = repeated
        isPlain = chunk.withUnsafeReadableBytes(\.isASCII) && kept.allSatisfy { $0 < 0x80 }
        position = 0
        sawMessage = false
    }

    /// Called after the parser has processed the chunk.
    mutating func end(within limit: Int) {
        if headIsOpen, !sawMessage, kept.count <= limit {
            kept.append(contentsOf: chunk.readableBytesView.dropFirst(repeated))
        } else if !kept.isEmpty {
            kept = []
        }
        chunk = ByteBuffer()
    }

    /// Called when the parser has reached the end of a message.
    mutating func endMessage() {
        headIsOpen = true
        sawMessage = true
    }

    private var bytes: [UInt8] { kept + chunk.readableBytesView.dropFirst(repeated) }

    /// Restores the original bytes in `headers`, which the parser has just produced.
    mutating func restore(_ headers: inout HTTPHeaders) {
        headIsOpen = false
        sawMessage = true
        guard !isPlain, headers.contains(where: { Self.needsRestoring($0.value) }) else { return }
        headers = HTTPHeaders(
            headers.map { name, value in
                (name, Self.needsRestoring(value) ? raw(value, after: "\(name):", before: "\r\n") ?? value : value)
            })
    }

    /// Returns the text that represents `value` as received between `start` and `end`.
    private mutating func raw(_ value: String, after start: String, before end: String) -> String? {
        let (bytes, start, end) = (bytes, Array(start.utf8), Array(end.utf8))
        var index = position
        while let found = Self.index(of: start, in: bytes, from: index) {
            index = found + 1
            guard found == 0 || bytes[found - 1] == UInt8(ascii: "\n") else { continue }
            let begin = found + start.count
            guard let stop = Self.index(of: end, in: bytes, from: begin) else { return nil }
            let text = String(decoding: bytes[begin..<stop], as: UTF8.self).trimmingOptionalSpace
            guard text == value.trimmingOptionalSpace else { continue }
            position = stop
            return Self.text(for: bytes[begin..<stop]).trimmingOptionalSpace
        }
        return nil
    }

    private static func index(of word: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= word.count, start <= bytes.count - word.count else { return nil }
        return (start...bytes.count - word.count).first { bytes[$0] == word[0] && bytes[$0...].starts(with: word) }
    }

    /// Whether the text contains a character that replaced bytes, or one that represents a byte.
    private static func needsRestoring(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0 == "\u{FFFD}" || $0.value >= base + 0x80 }
    }

    private static let base: UInt32 = 0x10FF00

    private static func text(for bytes: ArraySlice<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            text.append(byte < 0x80 ? Unicode.Scalar(byte) : Unicode.Scalar(base + UInt32(byte)) ?? "\u{FFFD}")
        }
        return String(text)
    }

    /// The byte that a scalar represents; `nil` for every other scalar.
    static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        scalar.value >= base + 0x80 ? UInt8(truncatingIfNeeded: scalar.value - base) : nil
    }
}

extension UnsafeRawBufferPointer {
    /// Whether all bytes are ASCII, checked eight bytes at a time.
    fileprivate var isASCII: Bool {
        let words = count / 8
        for index in 0..<words
        where loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
            return false
        }
        return self[(words * 8)...].allSatisfy { $0 < 0x80 }
    }
}

extension MessageWriter {
    /// Writes `text`, with scalars that represent bytes written as those bytes.
    mutating func writeRaw(_ text: String) {
        // 0xF4 is the first byte of these scalars in UTF-8, and of few others.
        guard text.withBytes({ $0.contains(0xF4) }) else { return writeText(text) }
        for scalar in text.unicodeScalars {
            if let byte = RawFields.byte(scalar) { write([byte]) } else { writeText(String(scalar)) }
        }
    }
}
