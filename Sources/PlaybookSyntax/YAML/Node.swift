internal import Rollouts

/// A value of a YAML document, with its position.
struct Node: Sendable {
    var content: Content
    var span: Span
    /// The file that contains the span.
    var origin = Origin.document

    /// The file that a node was written in.
    enum Origin: UInt8, Sendable {
        /// The file that is read.
        case document
        /// The playbook, whose `set` or `name` overrides the file.
        case playbook
    }

    indirect enum Content: Sendable {
        case scalar(Scalar)
        case list([Node])
        case mapping([Member])
        /// An unusable value, for which a finding already says why.
        case invalid
    }

    /// A key with its value.
    struct Member: Sendable {
        var key: Key
        var value: Node
    }

    struct Key: Sendable {
        var scalar: Scalar
        var span: Span
        var origin = Origin.document
        var text: String { scalar.text }
    }

    subscript(key: String) -> Node? { members.first { $0.key.text == key }?.value }

    func member(_ key: String) -> Member? { members.first { $0.key.text == key } }

    var members: [Member] {
        guard case .mapping(let members) = content else { return [] }
        return members
    }

    var items: [Node] {
        guard case .list(let items) = content else { return [] }
        return items
    }

    var scalar: Scalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }

    /// The place to report a missing key: the first key of the mapping, or the whole node if it has none.
    var headSpan: Span { members.first { $0.key.origin == origin }?.key.span ?? span }

    /// The value without positions; an invalid node is `null`.
    var value: Value {
        switch content {
        case .scalar(let scalar): scalar.value
        case .list(let items): .list(items.map(\.value))
        case .mapping(let members):
            .mapping(Dictionary(members.map { ($0.key.text, $0.value.value) }, uniquingKeysWith: { first, _ in first }))
        case .invalid: .null
        }
    }
}

/// A scalar: its text as written, and its value.
struct Scalar: Sendable {
    enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted, block
    }

    var text: String
    var style: Style
    /// The value if a tag or an expression determines it, and not text and style.
    private let given: Value?
    /// The tag before the scalar, in files that Azure's client reads too.
    private let tag: ScalarTag?

    init(text: String, style: Style, value given: Value? = nil, tag: ScalarTag? = nil) {
        self.text = text
        self.style = style
        self.given = given
        self.tag = tag
    }

    /// Returns the value that Azure's client reads.
    func python() throws(PythonProblem) -> PythonValue {
        guard let given else { return try PythonValue(text: text, style: style, tag: tag) }
        return PythonValue(given)
    }

    /// The value; computed on demand, because a large file has many scalars and few of their values are used.
    var value: Value { given ?? (style == .plain ? Value(plainScalar: text) : .string(text)) }
}
