/// Reads numbers, strings and JSON from the bytes of one line.
struct LineScanner {
    /// A syntax error in a line.
    struct Problem: Error {
        /// The name of this kind of error.
        var rule = "Syntax"
        /// The byte offset in the line.
        var offset: Int
        var message: String
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var offset = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 { offset += 1 }
    }

    mutating func advance(_ count: Int = 1) { offset += count }

    /// Skips spaces and then `byte`; throws if it is missing.
    mutating func expect(_ byte: UInt8) throws(Problem) {
        skipSpace()
        guard next == byte else {
            throw Problem(offset: offset, message: "'\(Character(Unicode.Scalar(byte)))' is missing")
        }
        offset += 1
    }

    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        offset += 1
        return true
    }

    /// Reads a decimal number, as in JSON, but a leading plus sign and leading zeros are accepted.
    mutating func number() throws(Problem) -> Double {
        skipSpace()
        let start = offset
        let isNegative = next == UInt8(ascii: "-")
        if isNegative || next == UInt8(ascii: "+") { offset += 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var scale = 0
        var hasDigits = false
        while let byte = next, byte.isDigit {
            hasDigits = true
            if digits < 19 {
                mantissa = mantissa * 10 + UInt64(byte - 48)
                if mantissa > 0 { digits += 1 }
            } else {
                scale += 1
            }
            offset += 1
        }
        if next == UInt8(ascii: ".") {
            offset += 1
            while let byte = next, byte.isDigit {
                hasDigits = true
                if digits < 19 {
                    mantissa = mantissa * 10 + UInt64(byte - 48)
                    if mantissa > 0 { digits += 1 }
                    scale -= 1
                }
                offset += 1
            }
        }
        guard hasDigits else {
            offset = start
            throw Problem(rule: "NotANumber", offset: start, message: "this is not a number")
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            offset += 1
            if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { offset += 1 }
            guard next?.isDigit == true else {
                throw Problem(rule: "NotANumber", offset: offset, message: "this is not a number")
            }
            while next?.isDigit == true { offset += 1 }
            return try slowNumber(from: start)
        }
        // Both operands are exact, so their quotient is correctly rounded (Clinger's fast path).
        guard mantissa <= 1 << 53, scale >= -22, scale <= 0 else { return try slowNumber(from: start) }
        let value = Double(mantissa) / Self.powers[-scale]
        return isNegative ? -value : value
    }

    private func slowNumber(from start: Int) throws(Problem) -> Double {
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw Problem(rule: "NotANumber", offset: start, message: "this number is too large")
        }
        return value
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}

extension LineScanner {
    /// Reads a JSON string, and returns the bytes between the quotes with escapes unchanged.
    mutating func string() throws(Problem) -> Slice<UnsafeBufferPointer<UInt8>> {
        try expect(UInt8(ascii: "\""))
        let start = offset
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return bytes[start..<(offset - 1)]
            case UInt8(ascii: "\\"): offset += 2
            case 0..<0x20: throw Problem(offset: offset, message: "a control character is not allowed in a string")
            default: offset += 1
            }
        }
        offset = min(offset, bytes.count)
        throw Problem(offset: start - 1, message: "this string has no closing quote")
    }

    mutating func boolean() throws(Problem) -> Bool {
        skipSpace()
        if takes("true") { return true }
        if takes("false") { return false }
        throw Problem(offset: offset, message: "expected true or false")
    }

    /// Skips a value of any kind.
    mutating func skipValue(depth: Int = 0) throws(Problem) {
        guard depth < 32 else {
            throw Problem(offset: offset, message: "values are nested too deeply (32 levels at most)")
        }
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            try members { scanner, _ throws(Problem) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            offset += 1
            guard !take(UInt8(ascii: "]")) else { return }
            repeat { try skipValue(depth: depth + 1) } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"))
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try boolean()
        case UInt8(ascii: "n"):
            guard takes("null") else { throw Problem(offset: offset, message: "this is not JSON") }
        default: _ = try number()
        }
    }

    /// Calls `body` with the key of each member of an object; `body` must read the value.
    mutating func members(
        _ body: (inout LineScanner, Slice<UnsafeBufferPointer<UInt8>>) throws(Problem) -> Void
    ) throws(Problem) {
        try expect(UInt8(ascii: "{"))
        guard !take(UInt8(ascii: "}")) else { return }
        repeat {
            let key = try string()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            try body(&self, key)
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    private mutating func takes(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard offset + length <= bytes.count else { return false }
        for index in 0..<length where bytes[offset + index] != word.utf8Start[index] { return false }
        offset += length
        return true
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[startIndex + index] != text.utf8Start[index] { return false }
        return true
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 48 && self <= 57 }
}
