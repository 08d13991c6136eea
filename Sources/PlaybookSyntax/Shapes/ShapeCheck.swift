internal import Rollouts

/// Checks nodes against shapes and reports what does not fit.
struct ShapeCheck {
    let source: SourceFile
    private(set) var findings: [Finding] = []
    /// For each finding, the keys that lead to the value that it is about.
    private(set) var paths: [[String]] = []
    private var path: [String] = []
    private var ignoresBlanks: Bool

    init(source: SourceFile, ignoresBlanks: Bool = false) {
        self.source = source
        self.ignoresBlanks = ignoresBlanks
    }

    /// Checks `node`, which messages call `what`.
    mutating func check(_ node: Node, _ shape: Shape, _ what: String) {
        if case .invalid = node.content { return }
        switch shape {
        case .any, .condition: break
        case .text:
            if scalar(node, what, "a string", help: "put it in quotes")?.string == nil { return }
        case .word: _ = word(node, what)
        case .path, .name:
            guard let text = word(node, what) else { return }
            if text.isEmpty { wrong(node, "\(what) is empty") }
        case .pattern(let pattern):
            guard let text = word(node, what) else { return }
            if !pattern.fits(text) { wrong(node, "\(what) cannot be \(text.quoted)", pattern.help) }
        case .integer(let range): checkInteger(node, range, what)
        case .number(let range): checkNumber(node, range, what)
        case .boolean:
            guard scalarValue(node)?.bool == nil else { return }
            wrong(node, "\(what) must be true or false, not \(described(node))")
        case .choice(let words):
            guard let text = scalarValue(node)?.scalarText, words.contains(text) else {
                let text = node.scalar?.text ?? ""
                return wrong(
                    node, "\(what) cannot be \(described(node))",
                    suggestion(for: text, among: words, noun: "values"))
            }
        case .duration(let words, let positive, let seconds, let longest):
            parse(node, what) { value throws(ValueProblem) in
                if let text = value.scalarText, words.contains(text) { return }
                let interval = try readDuration(value, seconds: seconds)
                guard !positive || interval > .zero else {
                    throw ValueProblem(message: "is too short", help: "it must be greater than 0s")
                }
                guard interval <= longest else {
                    throw ValueProblem(message: "is too long", help: "it must be at most \(longest)")
                }
            }
        case .percent: parse(node, what) { value throws(ValueProblem) in _ = try readPercent(value) }
        case .fraction(let range):
            parse(node, what) { value throws(ValueProblem) in _ = try readFraction(value, in: range) }
        case .rate(let bare):
            parse(node, what) { value throws(ValueProblem) in _ = try readRate(value, bare: bare) }
        case .list(let element, let minimum): checkList(node, element, atLeast: minimum, what)
        case .mapping(let value, let names): checkMapping(node, value, names: names, what)
        case .object(let object): checkObject(node, object)
        case .anyOf(let shapes):
            guard let shape = shapes.first(where: { $0.form == node.form }) else {
                let forms = shapes.map(\.form.rawValue).joined(separator: " or ")
                return wrong(node, "\(what) must be \(forms), not \(described(node))")
            }
            check(node, shape, what)
        }
    }

    private mutating func check(_ member: Node.Member, _ shape: Shape, _ what: String) {
        path.append(member.key.text)
        check(member.value, shape, what)
        path.removeLast()
    }

    private mutating func checkObject(_ node: Node, _ object: ObjectShape) {
        let takesBlanksOutside = ignoresBlanks
        ignoresBlanks = ignoresBlanks || object.ignoresBlanks
        defer { ignoresBlanks = takesBlanksOutside }
        guard case .mapping(let members) = node.content else {
            let keys = object.fields.map(\.key).prefix(12).joined(separator: ", ")
            return wrong(
                node, "\(object.what) must be a mapping, not \(described(node))",
                "its keys are \(keys)" + (object.fields.count > 12 ? ", …" : ""))
        }
        for member in members {
            guard let field = object[member.key.text] else {
                report(
                    "UnknownKey", member.key, "unknown key \(member.key.text.quoted) in \(object.what)",
                    suggestion(for: member.key.text, among: object.fields.map(\.key), noun: "keys"))
                continue
            }
            if ignoresBlanks, member.value.isBlank { continue }
            check(member, field.shape, field.key)
        }
        for field in object.fields
        where field.isRequired && node[field.key].map({ ignoresBlanks && $0.isBlank }) ?? true {
            report(
                "MissingKey", node.headSpan, "\(object.what) has no '\(field.key)'",
                "add '\(field.key): \(field.example ?? "…")'")
        }
    }

    private mutating func checkMapping(_ node: Node, _ value: Shape, names: Bool, _ what: String) {
        guard case .mapping(let members) = node.content else {
            return wrong(node, "\(what) must be a mapping, not \(described(node))")
        }
        var seen: Set<String> = []
        for member in members {
            let key = names ? member.key.text.lowercased() : member.key.text
            if !seen.insert(key).inserted {
                report("DuplicateKey", member.key, "\(member.key.text.quoted) is given twice in \(what)", nil)
            }
            if names, member.key.text.isEmpty { report("ValueType", member.key, "a name is empty", nil) }
            if ignoresBlanks, member.value.scalar?.value == .null { continue }
            let share = if case .percent = value { "the share of " } else { "" }
            check(member, value, share + member.key.text.quoted)
        }
    }

    private mutating func checkList(_ node: Node, _ element: Shape, atLeast minimum: Int, _ what: String) {
        guard case .list(let items) = node.content else {
            return wrong(node, "\(what) must be a list, not \(described(node))")
        }
        guard items.count >= minimum else { return wrong(node, "\(what) is empty") }
        for (index, item) in items.enumerated() {
            path.append("\(index)")
            check(item, element, "an item of \(what)")
            path.removeLast()
        }
    }

    private mutating func checkInteger(_ node: Node, _ range: ClosedRange<Int>, _ what: String) {
        guard let number = scalarValue(node)?.integer else {
            return wrong(node, "\(what) must be an integer, not \(described(node))", quotedNumberHelp(node))
        }
        if !range.contains(number) { wrong(node, "\(what) is \(number)", range.help) }
    }

    private mutating func checkNumber(_ node: Node, _ range: ClosedRange<Double>, _ what: String) {
        guard let number = scalarValue(node)?.double else {
            return wrong(node, "\(what) must be a number, not \(described(node))", quotedNumberHelp(node))
        }
        if !range.contains(number) {
            wrong(node, "\(what) is \(number)", "it must be \(range.lowerBound) to \(range.upperBound)")
        }
    }

    private mutating func parse(_ node: Node, _ what: String, _ body: (Value) throws(ValueProblem) -> Void) {
        guard let value = scalarValue(node), value != .null else {
            return wrong(node, "\(what) must be a value, not \(described(node))")
        }
        do throws(ValueProblem) {
            try body(value)
        } catch {
            wrong(node, "\(what): \((value.scalarText ?? "").quoted) \(error.message)", error.help)
        }
    }

    private mutating func word(_ node: Node, _ what: String) -> String? {
        scalar(node, what, "a string")?.scalarText
    }

    /// Returns the scalar's value, or reports a node that is not a scalar or is `null`.
    ///
    /// With `help`, a scalar that is not a string is reported too.
    private mutating func scalar(_ node: Node, _ what: String, _ kind: String, help: String? = nil) -> Value? {
        guard let value = scalarValue(node), value != .null, help == nil || value.string != nil else {
            let isOtherScalar = scalarValue(node).map { $0 != .null } ?? false
            wrong(node, "\(what) must be \(kind), not \(described(node))", isOtherScalar ? help : nil)
            return nil
        }
        return value
    }

    private func scalarValue(_ node: Node) -> Value? { node.scalar?.value }

    private func described(_ node: Node) -> String {
        switch node.value {
        case .string(let text): text.quoted
        case .integer, .number, .bool: node.scalar?.text.quoted ?? node.value.kindName
        case let value: value.kindName
        }
    }

    private func quotedNumberHelp(_ node: Node) -> String? {
        guard let scalar = node.scalar, scalar.style != .plain, Value(plainScalar: scalar.text).double != nil else {
            return nil
        }
        return "remove the quotes"
    }

    private mutating func wrong(_ node: Node, _ message: String, _ help: String? = nil) {
        report("ValueType", node.span, message, help)
    }

    private mutating func report(_ rule: String, _ key: Node.Key, _ message: String, _ help: String?) {
        path.append(key.text)
        report(rule, key.span, message, help)
        path.removeLast()
    }

    private mutating func report(_ rule: String, _ span: Span, _ message: String, _ help: String?) {
        paths.append(path)
        findings.append(Finding(.error, rule, at: Location(source: source, span: span), message, help: help))
    }
}

extension Node {
    /// Whether the node is `null` or an empty string.
    fileprivate var isBlank: Bool { scalar.map { $0.value == .null || $0.value == "" } ?? false }

    fileprivate var form: Shape.Form {
        switch content {
        case .scalar, .invalid: .scalar
        case .list: .list
        case .mapping: .mapping
        }
    }
}

extension Shape {
    fileprivate enum Form: String {
        case scalar = "a string", list = "a list", mapping = "a mapping"
    }

    fileprivate var form: Form {
        switch self {
        case .list: .list
        case .mapping, .object: .mapping
        default: .scalar
        }
    }
}

extension ClosedRange<Int> {
    fileprivate var help: String {
        upperBound == .max ? "it must be at least \(lowerBound)" : "it must be \(lowerBound) to \(upperBound)"
    }
}
