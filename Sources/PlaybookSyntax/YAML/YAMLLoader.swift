internal import Rollouts

/// Limits on a document, so that no file is expensive to read.
enum YAMLLimit {
    static let bytes = 1 << 20
    static let depth = 64
    /// The number of nodes that all aliases together may add.
    static let aliasedNodes = 20_000
}

/// The rules by which YAML is read.
enum YAMLDialect: Sendable {
    /// YAML 1.2's core schema; a duplicate key is an error.
    case core
    /// YAML 1.1 as PyYAML's safe loader, and with it Azure's own client, reads it; the last of duplicate keys counts.
    case azure
}

/// Reads the one document of a file.
/// - Returns: `nil` if there is no usable document; a finding then says why.
func loadYAML(_ source: SourceFile, as dialect: YAMLDialect = .core, findings: inout [Finding]) -> Node? {
    if let problem = source.encodingProblem {
        findings.append(problem)
        return nil
    }
    do {
        return try source.bytes.withUnsafeBufferPointer { bytes throws(YAMLProblem) in
            var loader = YAMLLoader(source: source, dialect: dialect)
            let root = try loader.load(YAMLEvents(bytes))
            findings += loader.findings
            return root
        }
    } catch {
        findings.append(error.finding(in: source))
        return nil
    }
}

/// Builds nodes from events, with an explicit stack instead of recursion.
private struct YAMLLoader {
    private struct Open {
        var node: Node
        var isMapping: Bool
        var isFlow: Bool
        var anchor: String?
        var key: Node.Key?
        /// Whether the next value is dropped because its key cannot be used.
        var dropsValue = false
        /// Whether this is a placeholder that YAML parses as a mapping.
        var isPlaceholder = false
        var items: [Node] = []
        var members: [Node.Member] = []
        var size = 1
        var height = 1
    }

    private struct Anchored {
        var node: Node
        var size: Int
        var height: Int
    }

    let source: SourceFile
    let dialect: YAMLDialect
    var findings: [Finding] = []
    private var stack: [Open] = []
    private var anchors: [String: Anchored] = [:]
    private var aliasedNodes = 0
    /// Scalars in quotes or blocks, in the order of the file.
    private var quoted: [Span] = []
    private var root: Node?

    init(source: SourceFile, dialect: YAMLDialect) {
        self.source = source
        self.dialect = dialect
    }

    mutating func load(_ events: consuming YAMLEvents) throws(YAMLProblem) -> Node? {
        var documents = 0
        while true {
            let event = try events.next()
            switch event.kind {
            case .streamEnd:
                if root == nil, findings.isEmpty { report("YAMLSyntax", event.span, .emptyFile) }
                if dialect == .azure { checkTabs() }
                return root
            case .documentStart:
                documents += 1
                guard documents == 1 else {
                    report("YAMLSyntax", event.span, .severalDocuments, help: "remove the '---' and what follows it")
                    return root
                }
            case .other: break
            case .scalar, .listStart, .mappingStart: checkAnchor(event)
            default: break
            }
            switch event.kind {
            case .alias(let name): use(alias: name, at: event.span)
            case .scalar(let text, let style):
                if style != .plain { quoted.append(event.span.contents(style)) }
                place(
                    Node(content: scalar(text, style, event), span: event.span), size: 1, height: 1,
                    anchor: event.anchor)
            case .listStart, .mappingStart:
                guard stack.count < YAMLLimit.depth else {
                    report("YAMLSyntax", event.span, .tooDeep)
                    return nil
                }
                let isMapping = if case .mappingStart = event.kind { true } else { false }
                checkCollectionTag(event, isMapping: isMapping)
                stack.append(
                    Open(
                        node: Node(content: .invalid, span: event.span), isMapping: isMapping, isFlow: event.isFlow,
                        anchor: event.anchor))
            case .end: close(at: event.span)
            case .streamEnd, .documentStart, .other: break
            }
        }
    }

    /// Reports tabs outside quotes, blocks and comments, which PyYAML does not accept.
    private mutating func checkTabs() {
        guard source.bytes.contains(9) else { return }
        var rest = quoted[...]
        for number in 1...source.lineCount {
            var before: Unicode.Scalar = " "
            for (offset, character) in source.line(number).unicodeScalars.enumerated() {
                defer { before = character }
                let place = Position(line: number, column: offset + 1)
                while let first = rest.first, first.end <= place { rest.removeFirst() }
                guard rest.first.map({ place < $0.start }) ?? true else { continue }
                if character == "#", before == " " || before == "\t" { break }
                guard character == "\t" else { continue }
                return report("YAMLSyntax", Span(start: place, end: place), .tab, help: "write spaces")
            }
        }
    }

    /// Reports an anchor that is defined twice, which PyYAML does not accept.
    private mutating func checkAnchor(_ event: YAMLEvents.Event) {
        guard dialect == .azure, let anchor = event.anchor else { return }
        guard anchors[anchor] != nil || stack.contains(where: { $0.anchor == anchor }) else { return }
        report("YAMLSyntax", event.span, .secondAnchor(anchor), help: "give each anchor a unique name")
    }

    private mutating func close(at end: Span) {
        guard var open = stack.popLast() else { return }
        open.node.content =
            open.isPlaceholder ? .invalid : open.isMapping ? .mapping(merged(open.members)) : .list(open.items)
        if open.isFlow {
            open.node.span.end = end.end
        } else if let last = open.members.last?.value.span.end ?? open.items.last?.span.end {
            open.node.span.end = max(last, open.node.span.start)
        }
        place(open.node, size: open.size, height: open.height, anchor: open.anchor)
    }

    /// Adds a finished node to the collection that contains it.
    private mutating func place(_ node: Node, size: Int, height: Int, anchor: String?) {
        if let anchor { anchors[anchor] = Anchored(node: node, size: size, height: height) }
        guard !stack.isEmpty else {
            root = node
            return
        }
        let top = stack.count - 1
        stack[top].size += size
        stack[top].height = max(stack[top].height, height + 1)
        guard stack[top].isMapping else {
            stack[top].items.append(node)
            return
        }
        if stack[top].dropsValue {
            stack[top].dropsValue = false
        } else if let key = stack[top].key {
            stack[top].key = nil
            stack[top].members.append(Node.Member(key: key, value: node))
        } else if let scalar = node.scalar {
            stack[top].key = Node.Key(scalar: scalar, span: node.span)
        } else {
            if case .invalid = node.content {} else { reportKey(node) }
            stack[top].dropsValue = true
        }
    }

    /// Reports a key that is a collection, or the placeholder `{{NAME}}` that YAML parses as one.
    private mutating func reportKey(_ node: Node) {
        let written = source.text(of: node.span)
        guard let placeholder = Placeholder(braced: written) else {
            return report("YAMLSyntax", node.span, .keyMustBeScalar)
        }
        stack[stack.count - 1].isPlaceholder = true
        report("Placeholder", node.span, placeholder.message, help: placeholder.help)
    }

    private mutating func use(alias name: String, at span: Span) {
        let invalid = Node(content: .invalid, span: span)
        guard let anchored = anchors[name] else {
            let isOpen = stack.contains { $0.anchor == name }
            report("YAMLSyntax", span, isOpen ? .recursiveAlias(name) : .unknownAlias(name))
            return place(invalid, size: 1, height: 1, anchor: nil)
        }
        aliasedNodes += anchored.size
        guard aliasedNodes <= YAMLLimit.aliasedNodes else {
            if aliasedNodes - anchored.size <= YAMLLimit.aliasedNodes { report("YAMLSyntax", span, .aliasBomb) }
            return place(invalid, size: 1, height: 1, anchor: nil)
        }
        guard stack.count + anchored.height <= YAMLLimit.depth else {
            report("YAMLSyntax", span, .tooDeep)
            return place(invalid, size: 1, height: 1, anchor: nil)
        }
        place(anchored.node, size: anchored.size, height: anchored.height, anchor: nil)
    }

    /// Returns the members without duplicates, and with those that merge keys (`<<`) add.
    private mutating func merged(_ members: [Node.Member]) -> [Node.Member] {
        guard dialect == .core else { return mergedLikePython(members) }
        var seen: [String: Span] = [:]
        var result: [Node.Member] = []
        var merges: [Node] = []
        result.reserveCapacity(members.count)
        for member in members {
            if member.key.text == "<<", member.key.scalar.style == .plain {
                merges.append(member.value)
            } else if let first = seen.updateValue(member.key.span, forKey: member.key.text) {
                report(
                    "DuplicateKey", member.key.span, .duplicateKey(member.key.text, firstLine: first.start.line),
                    help: "remove one of them")
                seen[member.key.text] = first
            } else {
                result.append(member)
            }
        }
        for merge in merges {
            let parts = if case .list(let items) = merge.content { items } else { [merge] }
            for part in parts {
                switch part.content {
                case .mapping(let others):
                    for other in others where seen.updateValue(other.key.span, forKey: other.key.text) == nil {
                        result.append(other)
                    }
                case .invalid: break
                case .scalar, .list: report("YAMLSyntax", part.span, .mergeNeedsMapping)
                }
            }
        }
        return result
    }

    /// Returns the members merged like PyYAML does it.
    ///
    /// Merge keys come first, wherever they are, and a later member replaces one with an equal key.
    private mutating func mergedLikePython(_ members: [Node.Member]) -> [Node.Member] {
        var result: [Node.Member] = []
        var places: [PythonValue: Int] = [:]
        func isMerge(_ member: Node.Member) -> Bool { member.key.text == "<<" && member.key.scalar.style == .plain }
        func put(_ member: Node.Member) {
            // A key without a value was reported when it was read.
            guard let key = try? member.key.scalar.python().keyIdentity else { return }
            if let place = places[key] {
                result[place].value = member.value
                result[place].key.span = member.key.span
            } else {
                places[key] = result.count
                result.append(member)
            }
        }
        for merge in members where isMerge(merge) {
            let parts = if case .list(let items) = merge.value.content { items } else { [merge.value] }
            for part in parts.reversed() {
                switch part.content {
                case .mapping(let others): for other in others { put(other) }
                case .invalid: break
                case .scalar, .list: report("YAMLSyntax", part.span, .mergeNeedsMapping)
                }
            }
        }
        for member in members where !isMerge(member) { put(member) }
        return result
    }

    private mutating func scalar(
        _ text: String, _ style: Scalar.Style, _ event: YAMLEvents.Event
    ) -> Node.Content {
        guard dialect == .core else { return pythonScalar(text, style, event) }
        guard let tag = event.tag else { return .scalar(Scalar(text: text, style: style)) }
        let plain = Value(plainScalar: text)
        let value: Value
        switch tag {
        case "!", "tag:yaml.org,2002:str": value = .string(text)
        case "tag:yaml.org,2002:int" where plain.integer != nil: value = plain
        case "tag:yaml.org,2002:float" where plain.double != nil: value = .number(plain.double ?? 0)
        case "tag:yaml.org,2002:bool" where plain.bool != nil: value = plain
        case "tag:yaml.org,2002:null" where plain == .null: value = plain
        default:
            report("YAMLSyntax", event.span, .tag(tag), help: "remove the tag")
            return .invalid
        }
        return .scalar(Scalar(text: text, style: style, value: value))
    }

    /// Whether the next node is a key.
    private var isKey: Bool { stack.last.map { $0.isMapping && $0.key == nil && !$0.dropsValue } ?? false }

    private mutating func pythonScalar(
        _ text: String, _ style: Scalar.Style, _ event: YAMLEvents.Event
    ) -> Node.Content {
        // With the tag `!` alone, PyYAML resolves the text whatever its style is.
        let style = event.tag == "!" ? .plain : style
        let tag = event.tag.flatMap { $0 == "!" ? nil : ScalarTag($0) }
        if tag == nil, let written = event.tag, written != "!" {
            report("YAMLSyntax", event.span, .tag(written), help: "remove the tag")
            return .invalid
        }
        if tag == nil, style == .plain, isKey {
            // These are valid keys in YAML 1.1, but not valid values.
            if text == "<<" { return .scalar(Scalar(text: text, style: style)) }
            if text == "=" { return .scalar(Scalar(text: text, style: style, tag: .string)) }
        }
        let scalar = Scalar(text: text, style: style, tag: tag)
        do throws(PythonProblem) {
            _ = try scalar.python()
        } catch {
            report("YAMLSyntax", event.span, "\(text.quoted) \(error.message)", help: error.help)
            return .invalid
        }
        return .scalar(scalar)
    }

    private mutating func checkCollectionTag(_ event: YAMLEvents.Event, isMapping: Bool) {
        guard let tag = event.tag, tag != (isMapping ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq"),
            tag != "!" || dialect == .core
        else { return }
        report("YAMLSyntax", event.span, .tag(tag), help: "remove the tag")
    }

    private mutating func report(_ rule: String, _ span: Span, _ message: String, help: String? = nil) {
        findings.append(Finding(.error, rule, at: Location(source: source, span: span), message, help: help))
    }
}

extension Span {
    /// Returns the span of a scalar without the block indicator, which is on the line before.
    fileprivate func contents(_ style: Scalar.Style) -> Span {
        guard style == .block, start.line < end.line else { return self }
        return Span(start: Position(line: start.line + 1, column: 1), end: end)
    }
}

extension String {
    fileprivate static let tab = "a tab is not allowed here: Azure's client cannot read it"
    static let emptyFile = "the file has no content"
    fileprivate static let severalDocuments = "a file may hold only one document, but a second one begins here"
    fileprivate static let tooDeep = "this is nested more than \(YAMLLimit.depth) levels deep"
    fileprivate static let keyMustBeScalar = "a key must be text, not a list or a mapping"
    fileprivate static let aliasBomb = "aliases expand this file to more than \(YAMLLimit.aliasedNodes) values"
    fileprivate static let mergeNeedsMapping = "'<<' takes a mapping, or a list of mappings"
    fileprivate static func recursiveAlias(_ name: String) -> String { "alias *\(name) is used inside its own anchor" }
    fileprivate static func unknownAlias(_ name: String) -> String { "there is no anchor &\(name) before this alias" }
    fileprivate static func secondAnchor(_ name: String) -> String { "there is already an anchor &\(name)" }
    fileprivate static func duplicateKey(_ key: String, firstLine: Int) -> String {
        "key \(key.quoted) is already given on line \(firstLine)"
    }
    fileprivate static func tag(_ tag: String) -> String { "tag \(tag.quoted) is not valid here" }
}
