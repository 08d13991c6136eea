internal import Rollouts
internal import Support

extension Value {
    /// Resolves a plain scalar in YAML 1.2's core schema.
    ///
    /// Numbers that JSON does not support (`.inf`, `.nan`, `1e999`) stay text, so that every value can be stored as
    /// JSON.
    init(plainScalar text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .bool(true)
        case "false", "False", "FALSE": self = .bool(false)
        default: self = Value(number: text) ?? .string(text)
        }
    }

    private init?(number text: String) {
        var rest = Substring(text).utf8[...]
        guard let first = rest.first, first.isDigit || "+-.".utf8.contains(first) else { return nil }
        if text.hasPrefix("0x") || text.hasPrefix("0o") {
            let digits = text.dropFirst(2)
            guard digits.first != "-", digits.first != "+",
                let number = Int(digits, radix: text.hasPrefix("0x") ? 16 : 8)
            else { return nil }
            self = .integer(number)
            return
        }
        if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: \.isDigit)
        rest = rest.dropFirst(whole.count)
        var hasDigits = !whole.isEmpty
        if rest.isEmpty, hasDigits, let number = Int(text) {
            self = .integer(number)
            return
        }
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: \.isDigit)
            rest = rest.dropFirst(fraction.count + 1)
            hasDigits = hasDigits || !fraction.isEmpty
        }
        if hasDigits, let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard let digit = rest.first, digit.isDigit else { return nil }
            rest = rest.drop(while: \.isDigit)
        }
        guard hasDigits, rest.isEmpty, let number = Double(text.hasSuffix(".") ? text + "0" : text), number.isFinite
        else { return nil }
        self = .number(number)
    }
}

extension Value {
    /// The kind of value, for messages.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a Boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The text of a scalar as it would be written; `nil` for a list or a mapping.
    var scalarText: String? {
        switch self {
        case .null: ""
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): text
        case .list, .mapping: nil
        }
    }
}
