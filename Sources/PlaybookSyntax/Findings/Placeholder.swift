/// A placeholder that a person has not filled in yet: `{{NAME}}`, `<NAME>`, `${NAME}`.
struct Placeholder {
    let text: String

    /// The first placeholder in `text`, or nil.
    init?(in text: String) {
        let forms = [
            #/\{\{[ \t]*[A-Za-z_][\w .-]*\}\}/#, #/<[A-Za-z_][\w .-]*>/#, #/\$\{[A-Za-z_][\w.-]*\}/#,
            #/%[A-Z_][A-Z0-9_]*%/#,
        ]
        let matches = forms.compactMap { text.firstMatch(of: $0) }
        guard let first = matches.min(by: { $0.range.lowerBound < $1.range.lowerBound }) else { return nil }
        self.text = String(first.output)
    }

    /// Recognizes a placeholder in braces, which YAML parses as a mapping.
    init?(braced written: String) {
        guard let name = written.wholeMatch(of: #/\{[ \t]*([A-Za-z_][\w .-]*?)[ \t]*\}?\}?/#)?.1 else { return nil }
        text = "{{\(name)}}"
    }

    var message: String { "the placeholder \(text.quoted) is not filled in" }
    var help: String { "replace it with the value" }
}
