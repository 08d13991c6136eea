internal import Rollouts

/// Reads an endpoint or deployment file as Azure's own client does.
///
/// The result is the file with every value as the client reads it: numbers without quotes, words of enumerations in one
/// spelling, values of free-form mappings as the text that the client sends, and without values that the client
/// ignores. Each value keeps its position.
struct AzureFileReader {
    let source: SourceFile
    /// The file that contains the overrides.
    let playbook: SourceFile
    let surroundings: FileSurroundings
    let kind: EndpointKind
    private(set) var findings: [Finding] = []

    init(source: SourceFile, playbook: SourceFile, surroundings: FileSurroundings, kind: EndpointKind) {
        self.source = source
        self.playbook = playbook
        self.surroundings = surroundings
        self.kind = kind
    }

    /// Returns the endpoint file's root as the client reads it, or `nil` if it is not a mapping.
    mutating func endpoint(_ root: Node) -> Node? {
        let hasCompute = python(root["compute"]).map { !$0.isFalsy } ?? false
        return object(
            root, kind == .kubernetes ? .anyEndpoint : hasCompute ? .kubernetesEndpoint : .managedEndpoint)
    }

    /// Returns the deployment file's root as the client reads it, or `nil` if it is not a mapping.
    mutating func deployment(_ root: Node) -> Node? {
        // The client compares this word case-sensitively, and treats `Kubernetes` as a managed deployment.
        let isKubernetes = python(root["type"]) == .string("kubernetes")
        let shape: AzureObject =
            kind == .kubernetes ? .anyDeployment : isKubernetes ? .kubernetesDeployment : .managedDeployment
        guard var read = object(root, shape) else { return nil }
        guard kind != .kubernetes else { return read }
        if let connection = read["private_network_connection"], connection.scalar?.value.bool == true {
            // The client also sends it as a property.
            let properties = read["properties"] ?? Node(content: .mapping([]), span: connection.span)
            read = read.setting(
                "properties",
                to: properties.setting("private-network-connection", to: connection.with(.string("True"))))
        }
        guard !isKubernetes else {
            checkRegistries(read)
            return read
        }
        guard let type = read.member("type"), type.value.scalar?.text != "managed" else { return read }
        findings.append(
            Finding(
                .warning, "ValueType", at: location(type.value),
                "Azure's client treats \(root["type"]?.scalar?.text.quoted ?? "this") as a managed deployment",
                help: "write 'type: kubernetes' in lower case, or 'type: managed'"))
        return read.setting("type", to: type.value.with(.string("managed")))
    }

    /// Reports assets of a registry, which a Kubernetes deployment cannot use.
    private mutating func checkRegistries(_ root: Node) {
        for node in [root["model"], root["environment"], root["code_configuration"]?["code"]] {
            guard let node, node.scalar?.value.string?.hasPrefix("azureml://registries/") == true else { continue }
            report(
                node, "a Kubernetes deployment cannot use an asset from a registry",
                "register the asset in the workspace, and name it as 'azureml:NAME:VERSION'")
        }
    }

    // MARK: Mappings

    mutating func object(_ node: Node, _ shape: AzureObject) -> Node? {
        guard case .mapping(let members) = node.content else {
            if case .invalid = node.content { return nil }
            let keys = shape.writtenKeys.prefix(12).joined(separator: ", ")
            wrong(
                node, "\(shape.what) must be a mapping, not \(described(node))",
                "its keys are \(keys)" + (shape.writtenKeys.count > 12 ? ", …" : ""))
            return nil
        }
        var read: [Node.Member] = []
        for member in members {
            guard let field = textKey(member).flatMap({ shape[$0] }) else {
                report(
                    "UnknownKey", member.key.span, member.key.origin,
                    "unknown key \(member.key.text.quoted) in \(shape.what)",
                    suggestion(for: member.key.text, among: shape.writtenKeys, noun: "keys"))
                continue
            }
            guard let value = value(member.value, field.shape, field.key) else { continue }
            var key = member.key
            if key.text != field.canonicalKey { key.scalar = .text(field.canonicalKey) }
            read.append(Node.Member(key: key, value: value))
        }
        for field in shape.fields where field.isRequired && node[field.key] == nil {
            report(
                "MissingKey", node.headSpan, node.origin, "\(shape.what) has no '\(field.key)'",
                "add '\(field.key): \(field.example ?? "…")'" + (field.alternative.map { ", or \($0)" } ?? ""))
        }
        var node = node
        node.content = .mapping(read)
        return node
    }

    private func textKey(_ member: Node.Member) -> String? {
        guard case .string(let text)? = python(member.key.scalar) else { return nil }
        return text
    }

    /// Reads a mapping whose values all have one shape.
    private mutating func mapping(_ node: Node, _ shape: AzureShape, _ what: String) -> Node? {
        guard let members = members(node, what) else { return nil }
        var read: [Node.Member] = []
        for member in members {
            guard let key = textKey(member) else {
                report(
                    "ValueType", member.key.span, member.key.origin, "a key in \(what) must be a string",
                    "put it in quotes")
                continue
            }
            guard let value = value(member.value, shape, key.quoted) else { continue }
            read.append(Node.Member(key: member.key, value: value))
        }
        var node = node
        node.content = .mapping(read)
        return node
    }

    private mutating func words(_ node: Node, textKeys: Bool, _ what: String) -> Node? {
        guard let members = members(node, what) else { return nil }
        var read: [Node.Member] = []
        for member in members {
            guard let key = python(member.key.scalar) else { continue }
            if textKeys, key.string == nil {
                report(
                    "ValueType", member.key.span, member.key.origin, "a key in \(what) must be a string",
                    "put it in quotes")
                continue
            }
            // The client does not send a key without a value.
            guard let value = python(member.value), value != .null else { continue }
            var word = member.value
            word.content = .scalar(.text(value.text))
            read.append(Node.Member(key: Node.Key(scalar: .text(key.memberName), span: member.key.span), value: word))
        }
        var node = node
        node.content = .mapping(read)
        return node
    }

    private mutating func members(_ node: Node, _ what: String) -> [Node.Member]? {
        if case .mapping(let members) = node.content { return members }
        if case .invalid = node.content { return nil }
        wrong(node, "\(what) must be a mapping, not \(described(node))")
        return nil
    }

    private mutating func percents(_ node: Node, atMost limit: Int?, _ what: String) -> Node? {
        guard let read = mapping(node, .integer, what) else { return nil }
        let sum = read.members.reduce(0) { $0 + ($1.value.scalar?.value.integer ?? 0) }
        if let limit, sum > limit { wrong(node, "\(what) adds up to \(sum) %", "it must be at most \(limit) %") }
        return read
    }

    // MARK: Values

    private mutating func value(_ node: Node, _ shape: AzureShape, _ what: String) -> Node? {
        if case .invalid = node.content { return nil }
        if case .readOnly = shape {
            // The client drops these keys, but fails if one has no value.
            if python(node) == .null { wrong(node, "\(what) has no value", "remove the key") }
            return nil
        }
        if python(node) == .null {
            wrong(node, "\(what) has no value", "give it one, or remove the key")
            return nil
        }
        switch shape {
        case .readOnly: return nil
        case .text: return text(node, what, isChecked: !["description", "value"].contains(what))
        case .name: return name(node, what)
        case .endpointName: return endpointName(node, what)
        case .integer: return integer(node, what)
        case .amount:
            guard let read = integer(node, what), read.scalar?.value.integer != 0 else { return nil }
            return read
        case .unused(let shape):
            _ = value(node, shape, what)
            return nil
        case .share: return share(node, what)
        case .flag: return flag(node, what)
        case .word(let word): return enumerated(node, word, what)
        case .version: return version(node, what)
        case .words(let textKeys): return words(node, textKeys: textKeys, what)
        case .anyMapping: return members(node, what).map { _ in plain(node) }
        case .percents(let limit): return percents(node, atMost: limit, what)
        case .list(let element, let limit): return list(node, element, atMost: limit, what)
        case .mapping(let value): return mapping(node, value, what)
        case .object(let object): return settings(node, object)
        case .textOr(let object):
            return node.scalar == nil ? self.object(node, object) : text(node, what, isChecked: true)
        case .asset(let object): return asset(node, object, what)
        case .reference: return reference(node, what)
        case .condaFile: return condaFile(node, what)
        case .buildFolder: return buildFolder(node, what)
        }
    }

    /// Reads a mapping of known keys, which for scale settings depend on the scaling mode.
    private mutating func settings(_ node: Node, _ shape: AzureObject) -> Node? {
        guard shape.what == AzureObject.defaultScaleSettings.what, case .string(let text)? = python(node["type"]),
            AzureEnumeration.snake("default").word(text) != nil
        else { return object(node, shape) }
        return object(node, .defaultScaleSettings)
    }

    private mutating func list(_ node: Node, _ element: AzureShape, atMost limit: Int?, _ what: String) -> Node? {
        guard case .list(let items) = node.content else {
            wrong(node, "\(what) must be a list, not \(described(node))")
            return nil
        }
        if let limit, items.count > limit { wrong(node, "\(what) has \(items.count) items", "it may have \(limit)") }
        var node = node
        node.content = .list(items.compactMap { value($0, element, "an item of \(what)") })
        return node
    }

    /// Reads a string; if it `isChecked`, a placeholder in it causes a warning.
    mutating func text(_ node: Node, _ what: String, isChecked: Bool) -> Node? {
        guard let text = string(node) else {
            wrong(
                node, "\(what) must be a string, not \(described(node))", node.scalar == nil ? nil : "put it in quotes")
            return nil
        }
        if isChecked, let placeholder = Placeholder(in: text) {
            findings.append(
                Finding(.warning, "Placeholder", at: location(node), placeholder.message, help: placeholder.help))
        }
        return node.with(.string(text))
    }

    private mutating func name(_ node: Node, _ what: String) -> Node? {
        guard let read = text(node, what, isChecked: false) else { return nil }
        guard read.scalar?.text.isEmpty == false else {
            wrong(node, "\(what) is empty")
            return nil
        }
        return read
    }

    private mutating func endpointName(_ node: Node, _ what: String) -> Node? {
        guard let read = name(node, what), let text = read.scalar?.text else { return nil }
        if text.wholeMatch(of: #/[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?/#) == nil {
            let place = PlacedName(name: Name(text), what: "endpoint", location: location(node))
            if let finding = ValidNames.finding(for: place, kind: kind) { findings.append(finding) }
        }
        return read
    }

    private mutating func integer(_ node: Node, _ what: String) -> Node? {
        let number: Int?
        switch python(node) {
        case .integer(let integer)?: number = integer.value ?? .max
        case .float(let float)?: number = float.isFinite ? Int(exactly: float.rounded(.towardZero)) ?? .max : nil
        case .string(let text)?: number = PythonInteger(pythonText: text).map { $0.value ?? .max }
        default: number = nil
        }
        guard let number else {
            wrong(node, "\(what) must be an integer, not \(described(node))")
            return nil
        }
        // Integers in the REST API have 32 bits.
        guard let small = Int32(exactly: number) else {
            wrong(node, "\(what) is \(described(node))", "it must be at most \(Int32.max)")
            return nil
        }
        return node.with(.integer(Int(small)))
    }

    private mutating func share(_ node: Node, _ what: String) -> Node? {
        let number: Double?
        switch python(node) {
        case .integer(let integer)?: number = Double(integer.text)
        case .float(let float)?: number = float
        case .string(let text)?: number = Double(pythonText: text)
        default: number = nil
        }
        guard let number, number.isFinite else {
            wrong(node, "\(what) must be a number, not \(described(node))")
            return nil
        }
        guard (0...1).contains(number) else {
            wrong(node, "\(what) is \(number.pythonText)", "it must be 0 to 1")
            return nil
        }
        return node.with(Value(normalizedByJSON: number))
    }

    private mutating func flag(_ node: Node, _ what: String) -> Node? {
        let flag: Bool?
        switch python(node) {
        case .bool(let value)?: flag = value
        case .integer(let number)?: flag = number.value == 1 ? true : number.value == 0 ? false : nil
        case .float(let number)?: flag = number == 1 ? true : number == 0 ? false : nil
        case .string(let text)?: flag = Self.flags[text]
        default: flag = nil
        }
        guard let flag else {
            wrong(node, "\(what) must be true or false, not \(described(node))")
            return nil
        }
        return node.with(.bool(flag))
    }

    /// The strings that the client reads as Booleans.
    private static let flags: [String: Bool] = {
        let truthy = ["t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1"]
        let falsy = ["f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0"]
        return Dictionary(uniqueKeysWithValues: truthy.map { ($0, true) } + falsy.map { ($0, false) })
    }()

    private mutating func enumerated(_ node: Node, _ word: AzureEnumeration, _ what: String) -> Node? {
        guard case .string(let text)? = python(node), let known = word.word(text) else {
            let isText = python(node)?.string != nil
            let isQuoted = python(node).flatMap { word.word($0.text.lowercased()) } != nil && !isText
            wrong(
                node, "\(what) cannot be \(described(node))",
                isQuoted
                    ? "put it in quotes" : suggestion(for: node.scalar?.text ?? "", among: word.words, noun: "values"))
            return nil
        }
        return node.with(.string(known))
    }

    private mutating func version(_ node: Node, _ what: String) -> Node? {
        switch python(node) {
        case .string(let text)?: return node.with(.string(text))
        case .integer?, .float?, .bool?: return python(node).map { node.with(.string($0.text)) }
        default:
            wrong(node, "\(what) must be a string or a number, not \(described(node))", "put it in quotes")
            return nil
        }
    }

    mutating func reference(_ node: Node, _ what: String) -> Node? {
        guard let text = python(node)?.string, text.hasPrefix("azureml:") else {
            wrong(
                node, "\(what) must be a reference, not \(described(node))",
                "write 'azureml:\(node.scalar.map { Self.isNameLike($0.text) ? $0.text : "NAME" } ?? "NAME")'")
            return nil
        }
        return self.text(node, what, isChecked: true)
    }

    static func isNameLike(_ text: String) -> Bool { text.wholeMatch(of: #/[\w.:@-]+/#) != nil }
}

// MARK: Values and findings

extension AzureFileReader {
    /// Returns the value that the client reads from a node, or `nil` if a finding says why there is none.
    func python(_ node: Node?) -> PythonValue? {
        guard let node else { return nil }
        switch node.content {
        case .scalar(let scalar): return python(scalar)
        case .list(let items):
            let values = items.map { python($0) }
            return values.contains(nil) ? nil : .list(values.compactMap(\.self))
        case .mapping(let members):
            var values: [PythonValue.Member] = []
            for member in members {
                guard let key = python(member.key.scalar), let value = python(member.value) else { return nil }
                values.append(PythonValue.Member(key: key, value: value))
            }
            return .mapping(values)
        case .invalid: return nil
        }
    }

    func python(_ scalar: Scalar) -> PythonValue? {
        do throws(PythonProblem) { return try scalar.python() } catch { return nil }
    }

    /// Returns the text of a string, or of bytes that are valid UTF-8.
    func string(_ node: Node) -> String? {
        switch python(node) {
        case .string(let text)?: text
        case .bytes(let bytes)?: String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// Returns the node with its scalars as JSON values.
    func plain(_ node: Node) -> Node {
        var node = node
        switch node.content {
        case .scalar(let scalar):
            let value: Value? =
                switch python(scalar) {
                case .null?: .null
                case .bool(let flag)?: .bool(flag)
                case .integer(let number)?: number.value.map(Value.integer) ?? .string(number.text)
                case .float(let number)? where number.isFinite: Value(normalizedByJSON: number)
                case let other?: .string(other.text)
                case nil: nil
                }
            node = value.map { node.with($0) } ?? node
        case .list(let items): node.content = .list(items.map { plain($0) })
        case .mapping(let members):
            node.content = .mapping(
                members.map { member in
                    let name = python(member.key.scalar)?.memberName ?? member.key.text
                    return Node.Member(
                        key: Node.Key(scalar: .text(name), span: member.key.span, origin: member.key.origin),
                        value: plain(member.value))
                })
        case .invalid: break
        }
        return node
    }

    func described(_ node: Node) -> String {
        guard let value = python(node) else { return "a value" }
        switch value {
        case .null: return "null"
        case .list: return "a list"
        case .mapping: return "a mapping"
        case .date, .time: return "a date, \((node.scalar?.text ?? value.text).quoted)"
        case .bytes: return "bytes"
        default: return (node.scalar?.text ?? value.text).quoted
        }
    }

    func location(_ node: Node) -> Location { location(node.span, node.origin) }

    private func location(_ span: Span, _ origin: Node.Origin) -> Location {
        Location(source: origin == .document ? source : playbook, span: span)
    }

    /// Reports a value that the client refuses, or the placeholder in it.
    mutating func wrong(_ node: Node, _ message: String, _ help: String? = nil) {
        if let text = node.scalar?.text, let placeholder = Placeholder(in: text) {
            return report("Placeholder", node.span, node.origin, placeholder.message, placeholder.help)
        }
        report("ValueType", node.span, node.origin, message, help)
    }

    mutating func add(_ more: [Finding]) { findings += more }

    mutating func report(_ node: Node, _ message: String, _ help: String?) {
        report("ValueType", node.span, node.origin, message, help)
    }

    mutating func report(_ rule: String, _ span: Span, _ origin: Node.Origin, _ message: String, _ help: String?) {
        findings.append(Finding(.error, rule, at: location(span, origin), message, help: help))
    }
}

extension Value {
    /// A number as it is after a JSON round trip: whole numbers become integers, so that a stored definition is equal.
    fileprivate init(normalizedByJSON number: Double) {
        self = Int(exactly: number).map(Value.integer) ?? .number(number)
    }
}

extension PythonValue {
    /// The text of a string.
    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension Scalar {
    fileprivate static func text(_ text: String) -> Scalar {
        Scalar(text: text, style: .plain, value: .string(text))
    }
}

extension Node {
    /// Returns the node with another value.
    func with(_ value: Value) -> Node {
        var node = self
        node.content = .scalar(Scalar(text: value.scalarText ?? "", style: .plain, value: value))
        return node
    }
}
