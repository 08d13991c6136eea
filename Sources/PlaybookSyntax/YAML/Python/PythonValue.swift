internal import Rollouts

/// A value in Python after PyYAML's safe loader has read it, which is how Azure's own client reads its files.
///
/// YAML 1.1 has more kinds of scalars than JSON: dates, integers of any length, sexagesimal numbers. They matter
/// because free-form mappings (tags, properties, environment variables) contain the result of `str()`.
indirect enum PythonValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(PythonInteger)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case date(PythonDate)
    case time(PythonTime)
    case list([PythonValue])
    case mapping([Member])

    struct Member: Hashable, Sendable {
        var key: PythonValue
        var value: PythonValue
    }
}

extension PythonValue {
    /// Converts the result of a playbook's expression.
    init(_ value: Value) {
        self =
            switch value {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .integer(let number): .integer(PythonInteger(number))
            case .number(let number): .float(number)
            case .string(let text): .string(text)
            case .list(let items): .list(items.map { PythonValue($0) })
            case .mapping(let members):
                .mapping(
                    members.sorted { $0.key < $1.key }.map {
                        Member(key: .string($0.key), value: PythonValue($0.value))
                    })
            }
    }

    /// The result of Python's `str()`.
    var text: String {
        switch self {
        case .string(let text): text
        case .date(let date): date.text
        case .time(let time): time.text
        default: representation
        }
    }

    /// The result of Python's `repr()`, which is how a value is written inside a list or a mapping.
    var representation: String {
        switch self {
        case .null: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .integer(let number): number.text
        case .float(let number): number.pythonText
        case .string(let text): text.pythonRepresentation
        case .bytes(let bytes): bytes.pythonRepresentation
        case .date(let date): date.representation
        case .time(let time): time.representation
        case .list(let items): "[" + items.map(\.representation).joined(separator: ", ") + "]"
        case .mapping(let members):
            "{" + members.map { "\($0.key.representation): \($0.value.representation)" }.joined(separator: ", ") + "}"
        }
    }

    /// The name of a JSON object's member for this key.
    var memberName: String {
        switch self {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        default: text
        }
    }

    /// A value that is equal for keys that Python considers the same: `1`, `1.0` and `true`.
    var keyIdentity: PythonValue {
        switch self {
        case .bool(let flag): .integer(PythonInteger(flag ? 1 : 0))
        case .float(let number): Int(exactly: number).map { .integer(PythonInteger($0)) } ?? self
        default: self
        }
    }

    /// Whether `not value` is true in Python.
    var isFalsy: Bool {
        switch self {
        case .null: true
        case .bool(let flag): !flag
        case .integer(let number): number.value == 0
        case .float(let number): number == 0
        case .string(let text): text.isEmpty
        case .bytes(let bytes): bytes.isEmpty
        case .list(let items): items.isEmpty
        case .mapping(let members): members.isEmpty
        case .date, .time: false
        }
    }
}

extension Double {
    /// The result of Python's `str()`: the shortest digits that restore the number, with an exponent below 1e-4 and
    /// from 1e16 on.
    var pythonText: String {
        guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
        let (digits, point) = magnitude.shortestDigits
        let sign = self.sign == .minus ? "-" : ""
        // `point` is where the decimal point stands: 0.d₁d₂… × 10^point.
        guard (-3...16).contains(point) else {
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let size = String(abs(exponent))
            return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+")
                + (size.count < 2 ? "0" + size : size)
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        let whole = digits.prefix(point)
        let fraction = digits.dropFirst(point)
        return sign + whole + String(repeating: "0", count: point - whole.count) + "."
            + (fraction.isEmpty ? "0" : String(fraction))
    }

    /// The significant digits of a number that is not negative, and the exponent that puts the point before them.
    private var shortestDigits: (digits: String, point: Int) {
        guard self != 0 else { return ("0", 1) }
        let parts = description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = mantissa[0]
        let digits = whole + (mantissa.count > 1 ? mantissa[1] : "")
        let leading = digits.prefix { $0 == "0" }.count
        var significant = digits.dropFirst(leading)
        while significant.count > 1, significant.last == "0" { significant.removeLast() }
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (String(significant), whole.count - leading + exponent)
    }
}

extension String {
    /// The result of Python's `repr()`.
    fileprivate var pythonRepresentation: String {
        let quote: Unicode.Scalar = contains("'") && !contains("\"") ? "\"" : "'"
        var text = String(quote)
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case quote: text += "\\" + String(quote)
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                guard !scalar.isPrintableInPython else {
                    text.unicodeScalars.append(scalar)
                    continue
                }
                let code = String(scalar.value, radix: 16)
                let (letter, width) =
                    scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
                text += "\\\(letter)\(String(repeating: "0", count: width - code.count))\(code)"
            }
        }
        return text + String(quote)
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintableInPython: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}

extension [UInt8] {
    /// The result of Python's `repr()`.
    fileprivate var pythonRepresentation: String {
        let quote =
            contains(UInt8(ascii: "'")) && !contains(UInt8(ascii: "\"")) ? UInt8(ascii: "\"") : UInt8(ascii: "'")
        var text = "b" + String(Unicode.Scalar(quote))
        for byte in self {
            switch byte {
            case UInt8(ascii: "\\"), quote: text += "\\" + String(Unicode.Scalar(byte))
            case 0x0A: text += "\\n"
            case 0x0D: text += "\\r"
            case 0x09: text += "\\t"
            case 0x20...0x7E: text += String(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text + String(Unicode.Scalar(quote))
    }
}
