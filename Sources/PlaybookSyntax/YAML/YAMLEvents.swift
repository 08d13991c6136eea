internal import CLibYAML

/// The events that libyaml finds in a text, one after another.
struct YAMLEvents: ~Copyable {
    struct Event {
        var kind: Kind
        var span: Span
        /// The name after `&`.
        var anchor: String?
        /// The tag in its full form.
        var tag: String?
        /// Whether brackets or braces are written.
        var isFlow = false
    }

    enum Kind {
        case documentStart
        case alias(String)
        case scalar(String, Scalar.Style)
        case listStart, mappingStart
        case end
        case streamEnd
        /// An event without content: the start of the stream, or the end of a document.
        case other
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// Reads `bytes`, which must be UTF-8 and outlive the events.
    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLProblem) {
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLProblem(message: "not enough memory to read the file", span: .beginning)
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func next() throws(YAMLProblem) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem }
        defer { yaml_event_delete(&event) }
        let span = Span(start: Position(event.start_mark), end: Position(event.end_mark))
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, span: span)
        case YAML_ALIAS_EVENT: return Event(kind: .alias(text(event.data.alias.anchor) ?? ""), span: span)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return Event(
                kind: .scalar(text, Scalar.Style(scalar.style)), span: span, anchor: self.text(scalar.anchor),
                tag: self.text(scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return Event(
                kind: .listStart, span: span, anchor: text(start.anchor), tag: text(start.tag),
                isFlow: start.style == YAML_FLOW_SEQUENCE_STYLE)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return Event(
                kind: .mappingStart, span: span, anchor: text(start.anchor), tag: text(start.tag),
                isFlow: start.style == YAML_FLOW_MAPPING_STYLE)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return Event(kind: .end, span: span)
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return Event(kind: .streamEnd, span: span)
        default: return Event(kind: .other, span: span)
        }
    }

    private func text(_ characters: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        characters.map { String(cString: $0) }
    }

    private var problem: YAMLProblem {
        let state = parser.pointee
        let start = Position(state.problem_mark)
        return YAMLProblem(
            message: state.problem.map { String(cString: $0) } ?? "the file cannot be parsed",
            context: state.context.map { (String(cString: $0), Position(state.context_mark)) },
            span: Span(start: start, end: start))
    }
}

/// Why a text is not valid YAML.
struct YAMLProblem: Error {
    var message: String
    /// The construct that libyaml was reading, and where it began.
    var context: (String, Position)?
    var span: Span
}

extension Position {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}

extension Scalar.Style {
    fileprivate init(_ style: yaml_scalar_style_t) {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: self = .block
        default: self = .plain
        }
    }
}
