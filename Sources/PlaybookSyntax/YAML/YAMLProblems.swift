extension YAMLProblem {
    /// Returns a finding that explains libyaml's error.
    func finding(in source: SourceFile) -> Finding {
        var text = message
        var help: String?
        let line = Array(source.line(span.start.line).unicodeScalars)
        let column = span.start.column - 1
        if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            return Finding(
                .error, "YAMLSyntax", at: Location(source: source, span: span), "a tab cannot be used to indent",
                help: "indent with spaces")
        }
        if message.hasPrefix("found character that cannot start any token"), line.indices.contains(column) {
            text = "a value cannot begin with '\(line[column])'"
            help = "put the value in quotes"
        } else if message.hasPrefix("mapping values are not allowed") {
            text = "a ':' is not allowed here"
            help = "align the key with the others of its mapping, or put text that contains ': ' in quotes"
        } else if message.hasPrefix("could not find expected ':'") {
            help = "end a key with ': ', and put text over several lines in quotes"
        } else if message.hasPrefix("did not find expected ',' or") {
            help = "close the bracket, or put a comma before this"
        } else if message.hasPrefix("did not find expected") {
            help = "align this with the line that it belongs to"
        } else if message.hasPrefix("found unexpected end of stream") {
            text = "the file ends inside a quoted string"
            help = "close the quotes"
        }
        var place = span
        if let (what, start) = context {
            text += " (\(what) that begins on line \(start.line))"
            if message.hasPrefix("found unexpected end of stream") { place = Span(start: start, end: start) }
        }
        return Finding(.error, "YAMLSyntax", at: Location(source: source, span: place), text, help: help)
    }
}

extension SourceFile {
    /// Why the bytes are not text that YAML accepts, or `nil`.
    var encodingProblem: Finding? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return finding(at: 0, "the file is in UTF-16", help: "save it in UTF-8")
        }
        let isPlain = bytes.withUnsafeBufferPointer { bytes in
            bytes.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        }
        guard !isPlain else { return nil }
        var parser = UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &rest) {
            case .emptyInput: return nil
            case .error:
                return finding(at: offset, "the bytes from here on are not UTF-8", help: "save the file in UTF-8")
            case .valid(let encoded):
                let scalar = UTF8.decode(encoded)
                guard scalar.isAllowedInYAML else {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    return finding(
                        at: offset,
                        "the control character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code) "
                            + "is not allowed",
                        help: "remove it, or write it as an escape sequence in a double-quoted string")
                }
                offset += encoded.count
            }
        }
    }

    private func finding(at offset: Int, _ message: String, help: String) -> Finding {
        let place = position(at: offset)
        return Finding(
            .error, "YAMLSyntax", at: Location(source: self, span: Span(start: place, end: place)), message, help: help)
    }
}

extension Unicode.Scalar {
    fileprivate var isAllowedInYAML: Bool {
        switch value {
        case 0x20...0x7E, 0x09, 0x0A, 0x0D, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x1_0000...0x10_FFFF: true
        default: false
        }
    }
}
