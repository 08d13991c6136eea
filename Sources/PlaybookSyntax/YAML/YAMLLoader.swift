internal import Rollouts

/// Bounds of a document, so that no file can make reading it expensive.
enum YAMLLimit {
    static let bytes = 1 << 20
    static let depth = 64
    /// Nodes that aliases may add, all together.
    static let aliasedNodes = 20_000
}

/// Reads the one document of a file.
/// - Returns: Nil where there is none that can be used; a finding then says why.
func loadYAML(_ source: SourceFile, findings: inout [Finding]) -> Node? {
    if let problem = source.encodingProblem {
        findings.append(problem)
        return nil
    }
    do {
        return try source.bytes.withUnsafeBufferPointer { bytes throws(YAMLProblem) in
            var loader = YAMLLoader(source: source)
            let root = try loader.load(YAMLEvents(bytes))
            findings += loader.findings
            return root
        }
    } catch {
        findings.append(error.finding(in: source))
        return nil
    }
}

/// Builds nodes from events, with a stack of its own instead of recursion.
private struct YAMLLoader {
    private struct Open {
        var node: Node
        var isMapping: Bool
        var isFlow: Bool
        var anchor: String?
        var key: Node.Key?
        /// A key of the mapping cannot be used, and its value is dropped.
        var dropsValue = false
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
    var findings: [Finding] = []
    private var stack: [Open] = []
    private var anchors: [String: Anchored] = [:]
    private var aliasedNodes = 0
    private var root: Node?

    init(source: SourceFile) { self.source = source }

    mutating func load(_ events: consuming YAMLEvents) throws(YAMLProblem) -> Node? {
        var documents = 0
        while true {
            let event = try events.next()
            switch event.kind {
            case .streamEnd:
                if root == nil, findings.isEmpty { report("YAMLSyntax", event.span, .emptyFile) }
                return root
            case .documentStart:
                documents += 1
                guard documents == 1 else {
                    report("YAMLSyntax", event.span, .severalDocuments, help: "remove the '---' and what follows it")
                    return root
                }
            case .other: break
            case .alias(let name): use(alias: name, at: event.span)
            case .scalar(let text, let style):
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
            }
        }
    }

    private mutating func close(at end: Span) {
        guard var open = stack.popLast() else { return }
        open.node.content = open.isMapping ? .mapping(merged(open.members)) : .list(open.items)
        if open.isFlow {
            open.node.span.end = end.end
        } else if let last = open.members.last?.value.span.end ?? open.items.last?.span.end {
            open.node.span.end = max(last, open.node.span.start)
        }
        place(open.node, size: open.size, height: open.height, anchor: open.anchor)
    }

    /// Puts a finished node where it belongs.
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
            if case .invalid = node.content {} else { report("YAMLSyntax", node.span, .keyIsNoScalar) }
            stack[top].dropsValue = true
        }
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

    /// The members without duplicates, and with those that merge keys (`<<`) bring in.
    private mutating func merged(_ members: [Node.Member]) -> [Node.Member] {
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
                case .scalar, .list: report("YAMLSyntax", part.span, .mergeOfNoMapping)
                }
            }
        }
        return result
    }

    private mutating func scalar(
        _ text: String, _ style: Scalar.Style, _ event: YAMLEvents.Event
    ) -> Node.Content {
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

    private mutating func checkCollectionTag(_ event: YAMLEvents.Event, isMapping: Bool) {
        guard let tag = event.tag, tag != (isMapping ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq") else {
            return
        }
        report("YAMLSyntax", event.span, .tag(tag), help: "remove the tag")
    }

    private mutating func report(_ rule: String, _ span: Span, _ message: String, help: String? = nil) {
        findings.append(Finding(.error, rule, at: Location(source: source, span: span), message, help: help))
    }
}

extension String {
    fileprivate static let emptyFile = "the file has no content"
    fileprivate static let severalDocuments = "a file holds one document, and here a second one begins"
    fileprivate static let tooDeep = "this is nested more than \(YAMLLimit.depth) levels deep"
    fileprivate static let keyIsNoScalar = "a key must be text, not a list or a mapping"
    fileprivate static let aliasBomb = "aliases make this file larger than \(YAMLLimit.aliasedNodes) values"
    fileprivate static let mergeOfNoMapping = "'<<' takes a mapping, or a list of mappings"
    fileprivate static func recursiveAlias(_ name: String) -> String { "alias *\(name) is used inside its own anchor" }
    fileprivate static func unknownAlias(_ name: String) -> String { "there is no anchor &\(name) before this alias" }
    fileprivate static func duplicateKey(_ key: String, firstLine: Int) -> String {
        "key \(key.quoted) is already given in line \(firstLine)"
    }
    fileprivate static func tag(_ tag: String) -> String { "tag \(tag.quoted) does not fit here" }
}
