internal import Support

/// Finds the first place where a text is no JSON (RFC 8259).
struct JSONCheck {
    struct Problem: Error {
        /// Of the byte.
        var offset: Int
        var message: String
    }

    static let maximumDepth = 256

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    /// Throws the first problem of `bytes`.
    static func check(_ bytes: [UInt8]) throws(Problem) {
        var check = JSONCheck(bytes: bytes)
        try check.value()
        guard check.index == bytes.count else { throw check.problem("the JSON value has ended before this") }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func problem(_ message: String) -> Problem { Problem(offset: index, message: message) }

    private mutating func skipSpace() {
        while let byte = current, byte == 32 || byte == 10 || byte == 13 || byte == 9 { index += 1 }
    }

    /// A value with the space around it.
    private mutating func value() throws(Problem) {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): try members(closedBy: "}", named: true)
        case UInt8(ascii: "["): try members(closedBy: "]", named: false)
        case UInt8(ascii: "\""): try string()
        case let byte? where byte == UInt8(ascii: "-") || byte.isDigit: try number()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case nil: throw problem("the JSON ends where a value is expected")
        default: throw problem("a JSON value is expected here")
        }
        skipSpace()
    }

    private mutating func members(closedBy end: Unicode.Scalar, named: Bool) throws(Problem) {
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw problem("this is nested more than \(Self.maximumDepth) levels deep")
        }
        defer { depth -= 1 }
        index += 1
        skipSpace()
        if current == UInt8(ascii: end) {
            index += 1
            return
        }
        while true {
            if named {
                skipSpace()
                guard current == UInt8(ascii: "\"") else {
                    throw problem("a member's name in double quotes is expected here")
                }
                try string()
                skipSpace()
                guard current == UInt8(ascii: ":") else { throw problem("a ':' is expected here") }
                index += 1
            }
            try value()
            switch current {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: end):
                index += 1
                return
            default: throw problem("a ',' or a '\(end)' is expected here")
            }
        }
    }

    private mutating func string() throws(Problem) {
        index += 1
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte >= 32 else { throw problem("a control character must be escaped in a JSON string") }
            if byte == UInt8(ascii: "\\") {
                index += 1
                guard let escape = current, "\"\\/bfnrtu".utf8.contains(escape) else {
                    throw problem("this is no escape of JSON")
                }
                if escape == UInt8(ascii: "u") {
                    for _ in 0..<4 {
                        index += 1
                        guard let digit = current, digit.isDigit || (97...102).contains(digit | 0x20) else {
                            throw problem("four hexadecimal digits are expected after \\u")
                        }
                    }
                }
            }
            index += 1
        }
        guard current != nil else { throw problem("the JSON ends inside a string") }
        index += 1
    }

    private mutating func number() throws(Problem) {
        if current == UInt8(ascii: "-") { index += 1 }
        if current == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if let letter = current, letter | 0x20 == UInt8(ascii: "e") {
            index += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
    }

    private mutating func digits() throws(Problem) {
        guard current?.isDigit == true else { throw problem("a digit is expected here") }
        while current?.isDigit == true { index += 1 }
    }

    private mutating func word(_ word: String) throws(Problem) {
        guard bytes[index...].starts(with: word.utf8) else { throw problem("a JSON value is expected here") }
        index += word.utf8.count
    }
}
