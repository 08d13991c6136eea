package import Rollouts

/// YAML as Python's `yaml.dump(…, sort_keys=True)` writes it: block style, keys in order, lines folded after 80 columns.
///
/// `azure-ai-ml` sends conda files in this form, and names environments by its hash.
package struct PythonYAML {
    private var text = ""
    private var column = 0
    private var endsInSpace = true
    private var isIndenting = true
    private var indent: Int?

    private static let width = 80

    private init() {}

    package static func text(_ value: Value) -> String {
        var writer = PythonYAML()
        writer.node(value, inMapping: false)
        writer.indent = nil
        if case .list(let items) = value, items.isEmpty { return writer.text + "\n" }
        if case .mapping(let members) = value, members.isEmpty { return writer.text + "\n" }
        return writer.text.hasSuffix("\n") ? writer.text : writer.text + "\n"
    }

    /// Returns a scalar as it is written after `key: ` at that column and indentation.
    static func scalar(_ text: String, column: Int, indent: Int) -> String {
        var writer = PythonYAML()
        (writer.endsInSpace, writer.isIndenting) = (false, false)
        writer.column = column
        writer.indent = indent
        writer.scalar(.string(text))
        return writer.text
    }

    private mutating func node(_ value: Value, inMapping: Bool, isKey: Bool = false) {
        switch value {
        case .mapping(let members) where members.isEmpty: indicator("{}", needsSpace: true)
        case .list(let items) where items.isEmpty: indicator("[]", needsSpace: true)
        case .mapping(let members):
            let outer = indent
            indent = outer.map { $0 + 2 } ?? 0
            for key in members.keys.sorted(by: { $0.isBefore($1) }) {
                startLine()
                scalar(.string(key), isKey: true)
                indicator(":", needsSpace: false)
                node(members[key] ?? .null, inMapping: true)
            }
            indent = outer
        case .list(let items):
            let outer = indent
            if !(inMapping && !isIndenting) || outer == nil { indent = outer.map { $0 + 2 } ?? 0 }
            for item in items {
                startLine()
                indicator("-", needsSpace: true, keepsIndenting: true)
                node(item, inMapping: false)
            }
            indent = outer
        default:
            let outer = indent
            indent = outer.map { $0 + 2 } ?? 2
            scalar(value)
            indent = outer
        }
    }

    // MARK: Scalars

    private mutating func scalar(_ value: Value, isKey: Bool = false) {
        switch value {
        case .null: plain("null", splits: !isKey)
        case .bool(let flag): plain("\(flag)", splits: !isKey)
        case .integer(let number): plain("\(number)", splits: !isKey)
        case .number(let number):
            let written = "\(number)".lowercased()
            let dotted = written.contains(".") || !written.contains("e")
            plain(dotted ? written : written.replacing("e", with: ".0e", maxReplacements: 1), splits: !isKey)
        case .string(let text):
            let style = ScalarStyle(text)
            if style.isPlain, !isKey || !style.isMultiline, !PlainScalar.resolvesToNonString(text) {
                plain(text, splits: !isKey)
            } else if style.isSingleQuoted, !isKey || !style.isMultiline {
                singleQuoted(text, splits: !isKey)
            } else {
                doubleQuoted(text, splits: !isKey)
            }
        case .list, .mapping: break
        }
    }

    private mutating func plain(_ value: String, splits: Bool) {
        guard !value.isEmpty else { return }
        if !endsInSpace { write(" ") }
        (endsInSpace, isIndenting) = (false, false)
        let scalars = Array(value.unicodeScalars)
        var start = 0
        var inSpaces = false
        for end in 0...scalars.count {
            let scalar = end < scalars.count ? scalars[end] : nil
            if inSpaces, scalar != " " {
                if start + 1 == end, column > Self.width, splits { fold() } else { write(scalars[start..<end]) }
                start = end
            } else if !inSpaces, scalar == nil || scalar == " " {
                write(scalars[start..<end])
                start = end
            }
            inSpaces = scalar == " "
        }
    }

    private mutating func singleQuoted(_ value: String, splits: Bool) {
        indicator("'", needsSpace: true)
        let scalars = Array(value.unicodeScalars)
        var start = 0
        var (inSpaces, inBreaks) = (false, false)
        for end in 0...scalars.count {
            let scalar = end < scalars.count ? scalars[end] : nil
            if inSpaces {
                if scalar != " " {
                    if start + 1 == end, column > Self.width, splits, start != 0, end != scalars.count {
                        startLine()
                    } else {
                        write(scalars[start..<end])
                    }
                    start = end
                }
            } else if inBreaks {
                if scalar != "\n" {
                    for _ in 0...(end - start) { breakLine() }
                    startLine()
                    start = end
                }
            } else if scalar == nil || scalar == " " || scalar == "\n" || scalar == "'" {
                write(scalars[start..<end])
                start = end
            }
            if scalar == "'" {
                write("''")
                start = end + 1
            }
            (inSpaces, inBreaks) = (scalar == " ", scalar == "\n")
        }
        indicator("'", needsSpace: false)
    }

    private static let escapes: [Unicode.Scalar: String] = [
        "\0": "0", "\u{07}": "a", "\u{08}": "b", "\t": "t", "\n": "n", "\u{0B}": "v", "\u{0C}": "f", "\r": "r",
        "\u{1B}": "e", "\"": "\"", "\\": "\\", "\u{85}": "N", "\u{A0}": "_", "\u{2028}": "L", "\u{2029}": "P",
    ]

    private mutating func doubleQuoted(_ value: String, splits: Bool) {
        indicator("\"", needsSpace: true)
        let scalars = Array(value.unicodeScalars)
        var start = 0
        for end in 0...scalars.count {
            let scalar = end < scalars.count ? scalars[end] : nil
            let isLiteral = scalar.map { (" "..."~").contains($0) && $0 != "\"" && $0 != "\\" } ?? false
            if !isLiteral {
                if start < end { write(scalars[start..<end]) }
                start = end
                if let scalar {
                    write("\\" + (Self.escapes[scalar] ?? Self.number(scalar)))
                    start = end + 1
                }
            }
            if end > 0, end < scalars.count - 1, scalar == " " || start >= end,
                column + (end - start) > Self.width, splits
            {
                if start < end {
                    write(scalars[start..<end])
                    start = end
                }
                write("\\")
                fold()
                if start < scalars.count, scalars[start] == " " { write("\\") }
            }
        }
        indicator("\"", needsSpace: false)
    }

    private static func number(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (letter, width) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return letter + String(repeating: "0", count: width - digits.count) + digits
    }

    // MARK: Lines

    private mutating func write(_ scalars: ArraySlice<Unicode.Scalar>) {
        text.unicodeScalars.append(contentsOf: scalars)
        column += scalars.count
    }

    private mutating func write(_ part: String) {
        text += part
        column += part.unicodeScalars.count
    }

    private mutating func indicator(_ part: String, needsSpace: Bool, keepsIndenting: Bool = false) {
        write(endsInSpace || !needsSpace ? part : " " + part)
        endsInSpace = false
        isIndenting = isIndenting && keepsIndenting
    }

    private mutating func breakLine() {
        text += "\n"
        (endsInSpace, isIndenting) = (true, true)
        column = 0
    }

    private mutating func startLine() {
        let indent = indent ?? 0
        if !isIndenting || column > indent || (column == indent && !endsInSpace) { breakLine() }
        guard column < indent else { return }
        endsInSpace = true
        write(String(repeating: " ", count: indent - column))
    }

    private mutating func fold() {
        startLine()
        (endsInSpace, isIndenting) = (false, false)
    }
}

/// The styles in which a text can be written.
private struct ScalarStyle {
    var isPlain = true
    var isSingleQuoted = true
    var isMultiline = false

    private static let spaces: Set<Unicode.Scalar> = ["\0", " ", "\t", "\r", "\n", "\u{85}", "\u{2028}", "\u{2029}"]
    private static let breaks: Set<Unicode.Scalar> = ["\n", "\u{85}", "\u{2028}", "\u{2029}"]
    private static let firsts = Set("#,[]{}&*!|>'\"%@`".unicodeScalars)

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last else { return }
        func isSpace(at index: Int) -> Bool { index >= scalars.count || Self.spaces.contains(scalars[index]) }
        if text.hasPrefix("---") || text.hasPrefix("...") || Self.firsts.contains(first) { isPlain = false }
        if "?:-".unicodeScalars.contains(first), isSpace(at: 1) { isPlain = false }
        for (index, scalar) in scalars.enumerated() {
            if index > 0 {
                if scalar == ":", isSpace(at: index + 1) { isPlain = false }
                if scalar == "#", Self.spaces.contains(scalars[index - 1]) { isPlain = false }
                let previous = scalars[index - 1]
                if scalar == " ", Self.breaks.contains(previous) { (isPlain, isSingleQuoted) = (false, false) }
                if Self.breaks.contains(scalar), previous == " " { (isPlain, isSingleQuoted) = (false, false) }
            }
            if Self.breaks.contains(scalar) { (isPlain, isMultiline) = (false, true) }
            // Characters outside ASCII are escaped, which is possible only in double quotes.
            if scalar != "\n", !(" "..."~").contains(scalar) { (isPlain, isSingleQuoted) = (false, false) }
        }
        for edge in [first, last] where edge == " " || Self.breaks.contains(edge) { isPlain = false }
    }
}

/// The meaning of a plain scalar in YAML 1.1.
package enum PlainScalar {
    private static let words: Set<String> = [
        "", "~", "null", "Null", "NULL", "<<", "=", "!", "&", "*",
        "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON",
        "off", "Off", "OFF", ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN",
    ]

    /// Returns whether the text would be read as something else than a string: a number, a Boolean, a date.
    static func resolvesToNonString(_ text: String) -> Bool {
        if words.contains(text) { return true }
        var rest = Substring(text)
        if let sign = rest.first, sign == "+" || sign == "-" { rest = rest.dropFirst() }
        if [".inf", ".Inf", ".INF"].contains(rest) { return true }
        return isInteger(rest) || isFloat(rest, isSigned: rest.count != text.count) || isDate(text)
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    private static func isInteger(_ text: Substring) -> Bool {
        if text == "0" { return true }
        if text.hasPrefix("0b") {
            return text.count > 2 && text.dropFirst(2).allSatisfy { "01_".contains($0) }
        }
        if text.hasPrefix("0x") {
            return text.count > 2 && text.dropFirst(2).allSatisfy { ($0.isHexDigit && $0.isASCII) || $0 == "_" }
        }
        if text.first == "0" { return text.dropFirst().allSatisfy { "01234567_".contains($0) } && text.count > 1 }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, let digit = first.first, isDigit(digit),
            first.allSatisfy({ isDigit($0) || $0 == "_" })
        else { return false }
        return parts.dropFirst().allSatisfy(isSixtieth)
    }

    /// Returns whether the text is a minute or a second: `[0-5]?[0-9]`.
    private static func isSixtieth(_ text: Substring) -> Bool {
        (1...2).contains(text.count) && text.allSatisfy(isDigit)
            && (text.count == 1 || text.first.map { ("0"..."5").contains($0) } == true)
    }

    private static func isFloat(_ text: Substring, isSigned: Bool) -> Bool {
        guard let dot = text.firstIndex(of: ".") else { return false }
        let whole = text[..<dot]
        var fraction = text[text.index(after: dot)...]
        let hasSixtieths = whole.contains(":")
        if let letter = fraction.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            let exponent = fraction[fraction.index(after: letter)...]
            guard !hasSixtieths, let sign = exponent.first, sign == "+" || sign == "-", exponent.count > 1,
                exponent.dropFirst().allSatisfy(isDigit)
            else { return false }
            fraction = fraction[..<letter]
        }
        guard fraction.allSatisfy({ isDigit($0) || $0 == "_" }) else { return false }
        if whole.isEmpty { return !isSigned && fraction.first.map(isDigit) == true }
        let parts = whole.split(separator: ":", omittingEmptySubsequences: false)
        guard let digit = parts[0].first, isDigit(digit), parts[0].allSatisfy({ isDigit($0) || $0 == "_" }) else {
            return false
        }
        return parts.dropFirst().allSatisfy(isSixtieth)
    }

    /// Returns whether the text is a date, `2024-01-31`, or a date with a time.
    private static func isDate(_ text: String) -> Bool {
        let day = text.prefix { isDigit($0) || $0 == "-" }
        let parts = day.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, !parts.contains(where: \.isEmpty) else { return false }
        if day.count == text.count { return parts[1].count == 2 && parts[2].count == 2 }
        guard parts[1].count <= 2, parts[2].count <= 2 else { return false }
        var rest = text[day.endIndex...]
        if let letter = rest.first, letter == "T" || letter == "t" {
            rest = rest.dropFirst()
        } else {
            let spaces = rest.prefix { $0 == " " || $0 == "\t" }
            guard !spaces.isEmpty else { return false }
            rest = rest[spaces.endIndex...]
        }
        let time = rest.prefix { isDigit($0) || $0 == ":" }
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, (1...2).contains(clock[0].count), clock[1].count == 2, clock[2].count == 2 else {
            return false
        }
        rest = rest[time.endIndex...]
        if rest.first == "." { rest = rest.dropFirst().drop(while: isDigit) }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        if rest.isEmpty || rest == "Z" { return true }
        guard rest.first == "+" || rest.first == "-" else { return false }
        let zone = rest.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        return (1...2).contains(zone.count) && (1...2).contains(zone[0].count)
            && zone.allSatisfy { $0.allSatisfy(isDigit) }
            && (zone.count == 1 || zone[1].count == 2)
    }
}

extension PlainScalar {
    /// Returns the JSON value that Python's `yaml.safe_load` reads from a plain scalar; dates stay text.
    package static func value(_ text: String) -> Value {
        if ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
        if ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].contains(text) { return true }
        if ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].contains(text) { return false }
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        if isInteger(rest), let number = integer(rest.filter { $0 != "_" }) {
            return .integer(isNegative ? -number : number)
        }
        if isFloat(rest, isSigned: rest.count != text.count), let number = double(rest.filter { $0 != "_" }) {
            return .number(isNegative ? -number : number)
        }
        return .string(text)
    }

    /// Returns `nil` for a number that is too large.
    private static func integer(_ digits: String) -> Int? {
        if digits.hasPrefix("0b") { return Int(digits.dropFirst(2), radix: 2) }
        if digits.hasPrefix("0x") { return Int(digits.dropFirst(2), radix: 16) }
        if digits.hasPrefix("0"), digits.count > 1 { return Int(digits, radix: 8) }
        var sum = 0
        for part in digits.split(separator: ":") {
            guard let number = Int(part) else { return nil }
            let (product, overflows) = sum.multipliedReportingOverflow(by: 60)
            guard !overflows else { return nil }
            sum = product + number
        }
        return sum
    }

    private static func double(_ digits: String) -> Double? {
        guard digits.contains(":") else {
            return Double(digits.hasSuffix(".") ? digits + "0" : digits.replacing(".e", with: ".0e"))
        }
        return digits.split(separator: ":").reduce(into: 0.0 as Double?) { sum, part in
            sum = sum.flatMap { sum in Double(part.hasSuffix(".") ? part + "0" : part).map { sum * 60 + $0 } }
        }
    }
}
