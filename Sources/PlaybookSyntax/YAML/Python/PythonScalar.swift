internal import FoundationEssentials
internal import Support

/// The kinds of scalars in YAML 1.1.
enum ScalarTag: UInt8, Sendable {
    case null, bool, integer, float, string, binary, timestamp

    private static let namespace = "tag:yaml.org,2002:"

    /// Reads a tag in its full form; returns `nil` for tags that PyYAML's safe loader does not accept on scalars.
    init?(_ tag: String) {
        switch tag {
        case Self.namespace + "null": self = .null
        case Self.namespace + "bool": self = .bool
        case Self.namespace + "int": self = .integer
        case Self.namespace + "float": self = .float
        case Self.namespace + "str": self = .string
        case Self.namespace + "binary": self = .binary
        case Self.namespace + "timestamp": self = .timestamp
        default: return nil
        }
    }
}

/// Why Python cannot read a scalar; the message is the rest of a sentence about it.
struct PythonProblem: Error {
    var message: String
    var help = "put it in quotes if it is text"
}

extension PythonValue {
    /// Reads a scalar like PyYAML's safe loader: by its tag, otherwise by its text if it is plain.
    init(text: String, style: Scalar.Style, tag: ScalarTag?) throws(PythonProblem) {
        guard let kind = tag ?? (style == .plain ? ScalarTag(plain: text) : .string) else {
            throw PythonProblem(message: "has a special meaning in YAML 1.1")
        }
        switch kind {
        case .null: self = .null
        case .string: self = .string(text)
        case .bool:
            switch text.lowercased() {
            case "yes", "true", "on": self = .bool(true)
            case "no", "false", "off": self = .bool(false)
            default: throw PythonProblem(message: "is not a Boolean")
            }
        case .integer: self = .integer(try PythonInteger(yaml: text))
        case .float: self = .float(try Double(yaml: text))
        case .binary: self = .bytes(try [UInt8](base64: text))
        case .timestamp: self = try PythonValue(timestamp: text)
        }
    }
}

extension ScalarTag {
    /// Resolves a plain scalar in YAML 1.1 like PyYAML; returns `nil` for `=` and `<<`, which can only be keys.
    init?(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON",
            "off", "Off", "OFF":
            self = .bool
        case "=", "<<": return nil
        default:
            let bytes = Array(text.utf8)
            // All scalars that are not text begin with one of these.
            guard let first = bytes.first, first.isDigit || "+-.".utf8.contains(first) else {
                self = .string
                return
            }
            if bytes.isYAMLFloat {
                self = .float
            } else if bytes.isYAMLInteger {
                self = .integer
            } else if first.isDigit, YAMLTimestamp(bytes) != nil {
                self = .timestamp
            } else {
                self = .string
            }
        }
    }
}

extension [UInt8] {
    /// Whether the text matches the pattern of PyYAML's resolver for floats.
    fileprivate var isYAMLFloat: Bool {
        var rest = self[...]
        let hasSign = rest.takeSign()
        if rest.first == UInt8(ascii: ".") {
            switch String(decoding: rest, as: UTF8.self) {
            case ".inf", ".Inf", ".INF": return true
            case ".nan", ".NaN", ".NAN": return !hasSign
            default: break
            }
            rest.removeFirst()
            guard !hasSign, let first = rest.first, first.isDigit else { return false }
            rest.drop { $0.isDigit || $0 == UInt8(ascii: "_") }
            return rest.isExponentOrEmpty
        }
        guard let first = rest.first, first.isDigit else { return false }
        rest.drop { $0.isDigit || $0 == UInt8(ascii: "_") }
        let isSexagesimal = rest.first == UInt8(ascii: ":")
        if isSexagesimal { guard rest.takeSexagesimalParts() else { return false } }
        guard rest.first == UInt8(ascii: ".") else { return false }
        rest.removeFirst()
        rest.drop { $0.isDigit || $0 == UInt8(ascii: "_") }
        return isSexagesimal ? rest.isEmpty : rest.isExponentOrEmpty
    }

    /// Whether the text matches the pattern of PyYAML's resolver for integers.
    fileprivate var isYAMLInteger: Bool {
        var rest = self[...]
        _ = rest.takeSign()
        guard let first = rest.first, first.isDigit else { return false }
        let underscore = UInt8(ascii: "_")
        if first == UInt8(ascii: "0") {
            rest.removeFirst()
            switch rest.first {
            case nil: return true
            case UInt8(ascii: "b"):
                return rest.count > 1 && rest.dropFirst().allSatisfy { $0 == 48 || $0 == 49 || $0 == underscore }
            case UInt8(ascii: "x"):
                return rest.count > 1
                    && rest.dropFirst().allSatisfy {
                        $0.isDigit || (97...102).contains($0 | 0x20) && $0.isLetter || $0 == underscore
                    }
            default: return rest.allSatisfy { (48...55).contains($0) || $0 == underscore }
            }
        }
        rest.drop { $0.isDigit || $0 == underscore }
        if rest.first == UInt8(ascii: ":") { guard rest.takeSexagesimalParts() else { return false } }
        return rest.isEmpty
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func drop(_ isDropped: (UInt8) -> Bool) { self = self.drop(while: isDropped) }

    fileprivate mutating func takeSign() -> Bool {
        guard let first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else { return false }
        removeFirst()
        return true
    }

    /// Consumes `(:[0-5]?[0-9])+`.
    fileprivate mutating func takeSexagesimalParts() -> Bool {
        var count = 0
        while first == UInt8(ascii: ":") {
            let digits = dropFirst().prefix(while: \.isDigit)
            guard digits.count == 1 || digits.count == 2 && digits[digits.startIndex] <= UInt8(ascii: "5") else {
                return false
            }
            removeFirst(1 + digits.count)
            count += 1
        }
        return count > 0
    }

    fileprivate var isExponentOrEmpty: Bool {
        guard let first else { return true }
        guard first | 0x20 == UInt8(ascii: "e") else { return false }
        let rest = dropFirst()
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return false }
        return rest.count > 1 && rest.dropFirst().allSatisfy(\.isDigit)
    }
}

extension PythonInteger {
    fileprivate init(yaml text: String) throws(PythonProblem) {
        let problem = PythonProblem(message: "is not an integer")
        var rest = text.replacing("_", with: "")[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        let number: PythonInteger?
        if rest.hasPrefix("0b") {
            number = PythonInteger(rest.dropFirst(2), base: 2, isNegative)
        } else if rest.hasPrefix("0x") {
            number = PythonInteger(rest.dropFirst(2), base: 16, isNegative)
        } else if rest.hasPrefix("0") {
            number = PythonInteger(rest, base: 8, isNegative)
        } else if rest.contains(":") {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard !parts.contains(nil) else { throw problem }
            number = PythonInteger(digits: parts.compactMap(\.self), base: 60, isNegative: isNegative)
        } else {
            number = PythonInteger(rest, base: 10, isNegative)
        }
        guard let number else { throw problem }
        self = number
    }

    private init?(_ text: Substring, base: Int, _ isNegative: Bool) {
        let digits = text.map { $0.isASCII ? $0.hexDigitValue : nil }
        guard !digits.isEmpty, digits.allSatisfy({ ($0 ?? base) < base }) else { return nil }
        self.init(digits: digits.compactMap(\.self), base: base, isNegative: isNegative)
    }
}

extension Double {
    fileprivate init(yaml text: String) throws(PythonProblem) {
        var rest = text.replacing("_", with: "").lowercased()[...]
        let sign: Double = rest.hasPrefix("-") ? -1 : 1
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest.removeFirst() }
        switch rest {
        case ".inf": self = sign * .infinity
        case ".nan": self = .nan
        default:
            var (sum, base) = (0.0, 1.0)
            for part in rest.split(separator: ":", omittingEmptySubsequences: false).reversed() {
                guard let number = Double(pythonText: String(part)) else {
                    throw PythonProblem(message: "is not a number")
                }
                sum += number * base
                base *= 60
            }
            self = sign * sum
        }
    }
}

extension [UInt8] {
    /// Decodes Base64 like Python's `base64.decodebytes`, which ignores other characters.
    fileprivate init(base64 text: String) throws(PythonProblem) {
        let letters = text.utf8.filter { $0.isDigit || $0.isLetter || "+/=".utf8.contains($0) }
        guard text.utf8.allSatisfy({ $0 < 0x80 }), let data = Data(base64Encoded: Data(letters)) else {
            throw PythonProblem(message: "is not Base64", help: "write Base64, or remove the tag")
        }
        self = Array(data)
    }
}

/// The parts of a timestamp in YAML 1.1.
private struct YAMLTimestamp {
    var numbers: [Int] = []
    var fraction: Substring.UTF8View = "".utf8[...]
    var zone: PythonTime.Zone?

    /// Parses a timestamp; returns `nil` if it does not match the pattern of PyYAML's resolver.
    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let date = #/([0-9]{4})-([0-9]{2})-([0-9]{2})/#
        let time =
            #/([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?/#
        if let match = text.wholeMatch(of: date) {
            numbers = [match.1, match.2, match.3].compactMap { Int($0) }
        } else if let match = text.wholeMatch(of: time) {
            numbers = [match.1, match.2, match.3, match.4, match.5, match.6].compactMap { Int($0) }
            fraction = (match.7 ?? "").utf8
            if let sign = match.9, let hours = match.10.flatMap({ Int($0) }) {
                let minutes = hours * 60 + (match.11.flatMap { Int($0) } ?? 0)
                zone = .offset(sign == "-" ? -minutes : minutes)
            } else if match.8 != nil {
                zone = .utc
            }
        } else {
            return nil
        }
    }
}

extension PythonValue {
    fileprivate init(timestamp text: String) throws(PythonProblem) {
        let problem = PythonProblem(message: "is not a valid date or time")
        guard let parts = YAMLTimestamp(Array(text.utf8)),
            let date = PythonDate(year: parts.numbers[0], month: parts.numbers[1], day: parts.numbers[2])
        else { throw problem }
        guard parts.numbers.count > 3 else {
            self = .date(date)
            return
        }
        let digits = String(Substring(parts.fraction.prefix(6)))
        let microsecond = Int(digits + String(repeating: "0", count: 6 - digits.count)) ?? 0
        guard
            let time = PythonTime(
                date: date, hour: parts.numbers[3], minute: parts.numbers[4], second: parts.numbers[5],
                microsecond: microsecond, zone: parts.zone)
        else { throw problem }
        self = .time(time)
    }
}
