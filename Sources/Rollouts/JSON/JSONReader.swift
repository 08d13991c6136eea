internal import Support

/// Why bytes are not valid JSON, and the offset of the problem.
package struct JSONProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var offset: Int

    package var description: String { "\(message) at byte \(offset)" }
}

/// Parses JSON (RFC 8259) into values in one pass over the bytes.
///
/// It exists to read lists of thousands of objects: Foundation's decoder tries each type in turn for every value, and
/// takes a hundred times as long. A number is an integer only if it is written as one: `1.0` stays a floating-point
/// number, so that it is written back unchanged. If a member occurs twice, the last one counts.
package struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var next = 0
    private var depth = 0

    /// Deeper than any object that the API server accepts.
    private static let deepest = 256

    package static func value(_ bytes: some Sequence<UInt8>) throws(JSONProblem) -> Value {
        let result: Result<Value, JSONProblem>? = bytes.withContiguousStorageIfAvailable { read($0) }
        return try (result ?? Array(bytes).withUnsafeBufferPointer { read($0) }).get()
    }

    /// Passes the elements of the top-level list `items` to `body` one by one, so that the whole list is never in
    /// memory.
    /// - Returns: The top-level object without them.
    package static func eachItem(
        _ bytes: some Collection<UInt8>, _ body: (Value) -> Void
    ) throws(JSONProblem) -> Value {
        let result: Result<Value, JSONProblem> = Array(bytes).withUnsafeBufferPointer { buffer in
            var reader = JSONReader(bytes: buffer)
            return Result { () throws(JSONProblem) in
                reader.skipSpace()
                guard reader.byte == UInt8(ascii: "{") else { throw reader.problem("expected an object") }
                var rest: [String: Value] = [:]
                try reader.eachMember { (reader, name) throws(JSONProblem) in
                    reader.skipSpace()
                    guard name == "items", reader.byte == UInt8(ascii: "[") else {
                        rest[name] = try reader.value()
                        return
                    }
                    try reader.eachElement(body)
                }
                return .mapping(rest)
            }
        }
        return try result.get()
    }

    private static func read(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Result<Value, JSONProblem> {
        var reader = JSONReader(bytes: bytes)
        return Result { () throws(JSONProblem) in
            let value = try reader.value()
            reader.skipSpace()
            guard reader.next == bytes.count else { throw reader.problem("unexpected text after the JSON value") }
            return value
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private func problem(_ message: String) -> JSONProblem { JSONProblem(message: message, offset: next) }

    private var byte: UInt8? { next < bytes.count ? bytes[next] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { next += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte, byte == UInt8(ascii: character) else { return false }
        next += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard next + length <= bytes.count else { return false }
        for index in 0..<length where bytes[next + index] != word.utf8Start[index] { return false }
        next += length
        return true
    }

    private mutating func value() throws(JSONProblem) -> Value {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return .mapping(try mapping())
        case UInt8(ascii: "["): return .list(try list())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where take(word: "true"): return .bool(true)
        case UInt8(ascii: "f") where take(word: "false"): return .bool(false)
        case UInt8(ascii: "n") where take(word: "null"): return .null
        case UInt8(ascii: "-"): return try number()
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
        case nil: throw problem("expected a JSON value, found the end")
        default: throw problem("expected a JSON value")
        }
    }

    private mutating func enter() throws(JSONProblem) {
        next += 1
        depth += 1
        guard depth <= Self.deepest else { throw problem("JSON nested more than \(Self.deepest) levels deep") }
        skipSpace()
    }

    private mutating func mapping() throws(JSONProblem) -> [String: Value] {
        var members: [String: Value] = [:]
        try eachMember { (reader, key) throws(JSONProblem) in members[key] = try reader.value() }
        return members
    }

    /// Parses a mapping; `body` parses each value.
    private mutating func eachMember(
        _ body: (inout JSONReader, String) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        try enter()
        defer { depth -= 1 }
        if take("}") { return }
        while true {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw problem("expected a member name in double quotes") }
            let key = try string()
            skipSpace()
            guard take(":") else { throw problem("expected ':'") }
            try body(&self, key)
            skipSpace()
            if take("}") { return }
            guard take(",") else { throw problem("expected ',' or '}'") }
        }
    }

    private mutating func list() throws(JSONProblem) -> [Value] {
        var items: [Value] = []
        try eachElement { items.append($0) }
        return items
    }

    private mutating func eachElement(_ body: (Value) -> Void) throws(JSONProblem) {
        try enter()
        defer { depth -= 1 }
        if take("]") { return }
        while true {
            body(try value())
            skipSpace()
            if take("]") { return }
            guard take(",") else { throw problem("expected ',' or ']'") }
        }
    }

    private mutating func digits() throws(JSONProblem) {
        guard byte?.isDigit == true else { throw problem("expected a digit") }
        while byte?.isDigit == true { next += 1 }
    }

    private mutating func number() throws(JSONProblem) -> Value {
        let start = next
        _ = take("-")
        // A leading zero must not be followed by another digit.
        if !take("0") { try digits() }
        var isWhole = true
        if take(".") {
            isWhole = false
            try digits()
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<next], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw problem("the number is too large") }
        return .number(number)
    }

    /// Parses a string; without escapes, as in most strings, it is a single slice of the text.
    private mutating func string() throws(JSONProblem) -> String {
        next += 1
        var start = next
        var pieces: [UInt8]?
        while true {
            switch byte {
            case UInt8(ascii: "\""):
                let rest = bytes[start..<next]
                next += 1
                if pieces == nil { return try text(UnsafeBufferPointer(rebasing: rest)) }
                pieces?.append(contentsOf: rest)
                return try text(pieces ?? [])
            case UInt8(ascii: "\\"):
                var before = pieces ?? []
                before.append(contentsOf: bytes[start..<next])
                next += 1
                before.append(contentsOf: String(Character(try escaped())).utf8)
                pieces = before
                start = next
            case nil: throw problem("the JSON ends inside a string")
            case .some(..<0x20): throw problem("unescaped control character in a JSON string")
            default: next += 1
            }
        }
    }

    private func text(_ utf8: some Collection<UInt8>) throws(JSONProblem) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else { throw problem("a string is not valid UTF-8") }
        return text
    }

    private mutating func escaped() throws(JSONProblem) -> Unicode.Scalar {
        guard let byte else { throw problem("the JSON ends inside a string") }
        next += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try scalar()
        default:
            next -= 1
            throw problem("invalid JSON escape sequence")
        }
    }

    /// Parses a `\u` escape; an unpaired surrogate becomes U+FFFD, as Unicode recommends.
    private mutating func scalar() throws(JSONProblem) -> Unicode.Scalar {
        let unit = try unit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let mark = next
        if UTF16.isLeadSurrogate(unit), take("\\"), take("u") {
            let second = try self.unit()
            if UTF16.isTrailSurrogate(second) {
                let value = 0x10000 + (UInt32(unit - 0xD800) << 10) + UInt32(second - 0xDC00)
                return Unicode.Scalar(value) ?? "\u{FFFD}"
            }
        }
        next = mark
        return "\u{FFFD}"
    }

    private mutating func unit() throws(JSONProblem) -> UInt16 {
        guard next + 4 <= bytes.count else { throw problem("the JSON ends inside a string") }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[next])).hexDigitValue, bytes[next] < 0x80 else {
                throw problem("expected four hexadecimal digits after \\u")
            }
            unit = unit << 4 | UInt16(digit)
            next += 1
        }
        return unit
    }
}
