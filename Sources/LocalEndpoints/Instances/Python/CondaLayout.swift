/// Finds the dependencies in a conda file's text.
///
/// Such files are written in a small part of YAML: `dependencies:`, a list of words, and in it one `pip:` with a list of
/// its own, in blocks or in brackets. What goes beyond that is refused by name, never guessed at.
enum CondaLayout {
    enum Dependency: Hashable {
        case conda(String)
        case pip(String)
    }

    static func dependencies(of text: String) throws(CondaFile.Problem) -> [Dependency] {
        var reader = Reader()
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = uncommented(raw)
            guard !line.allSatisfy(\.isWhitespace), line != "---" else { continue }
            try reader.read(line, number: index + 1)
        }
        return reader.dependencies
    }

    /// A `#` begins a comment at a line's begin and after a space.
    private static func uncommented(_ line: Substring) -> Substring {
        var previous: Character = " "
        for index in line.indices {
            if line[index] == "#", previous.isWhitespace { return line[..<index] }
            previous = line[index]
        }
        return line
    }

    private struct Reader {
        var dependencies: [Dependency] = []
        private var isInDependencies = false
        /// How far the items of `dependencies:` are indented, and those of `pip:`.
        private var items: Int?
        private var pip: (key: Int, items: Int?)?

        mutating func read(_ line: Substring, number: Int) throws(CondaFile.Problem) {
            let indent = line.prefix { $0 == " " }.count
            let content = line.dropFirst(indent).trimmed
            guard !content.hasPrefix("\t") else { throw problem(number, content, "is indented by a tab") }
            guard content.hasPrefix("- ") || content == "-" else {
                guard indent == 0 else {
                    // Of other keys, `channels:` and the like, nothing matters here.
                    guard !isInDependencies else { throw problem(number, content, "is no item of a list") }
                    return
                }
                return try readKey(content, number)
            }
            guard isInDependencies else { return }
            try readItem(content.dropFirst().trimmed, indent, number)
        }

        private mutating func readKey(_ content: Substring, _ number: Int) throws(CondaFile.Problem) {
            isInDependencies = content.hasPrefix("dependencies:")
            (items, pip) = (nil, nil)
            let value = content.dropFirst("dependencies:".count).trimmed
            guard isInDependencies, !value.isEmpty else { return }
            for item in try list(value, number) {
                if item.hasPrefix("{"), item.hasSuffix("}") {
                    try readPip(item.dropFirst().dropLast().trimmed, number)
                } else {
                    dependencies.append(.conda(unquoted(item)))
                }
            }
        }

        private mutating func readItem(_ item: Substring, _ indent: Int, _ number: Int) throws(CondaFile.Problem) {
            if let pip, indent > pip.key {
                guard indent == pip.items ?? indent else { throw problem(number, item, "is indented otherwise") }
                self.pip?.items = indent
                dependencies.append(.pip(unquoted(item)))
                return
            }
            pip = nil
            guard indent == items ?? indent else { throw problem(number, item, "is indented otherwise") }
            items = indent
            if item == "pip:" {
                pip = (key: indent, items: nil)
            } else if item.hasPrefix("pip:") {
                try readPip(item, number)
            } else {
                guard !item.isEmpty, !item.hasSuffix(":"), !item.contains(": ") else {
                    throw problem(number, item, "is no package")
                }
                dependencies.append(.conda(unquoted(item)))
            }
        }

        private mutating func readPip(_ item: Substring, _ number: Int) throws(CondaFile.Problem) {
            guard item.hasPrefix("pip:") else { throw problem(number, item, "is no package") }
            dependencies += try list(item.dropFirst(4).trimmed, number).map { .pip(unquoted($0)) }
        }

        /// The items of `[a, b, {pip: [c, d]}]`.
        private func list(_ text: Substring, _ number: Int) throws(CondaFile.Problem) -> [Substring] {
            guard text.hasPrefix("["), text.hasSuffix("]") else {
                throw problem(number, text, "is no list that begins and ends on its line")
            }
            var items: [Substring] = []
            var depth = 0
            var quote: Character?
            let inner = text.dropFirst().dropLast()
            var begin = inner.startIndex
            for index in inner.indices {
                switch (quote, inner[index]) {
                case (nil, "\""), (nil, "'"): quote = inner[index]
                case (let open?, let character): if character == open { quote = nil }
                case (nil, "["), (nil, "{"): depth += 1
                case (nil, "]"), (nil, "}"): depth -= 1
                case (nil, ",") where depth == 0:
                    items.append(inner[begin..<index].trimmed)
                    begin = inner.index(after: index)
                default: break
                }
            }
            items.append(inner[begin...].trimmed)
            guard depth == 0, quote == nil else { throw problem(number, text, "is no list that is closed") }
            return items.filter { !$0.isEmpty }
        }

        private func unquoted(_ text: Substring) -> String {
            guard text.count > 1, let first = text.first, first == text.last, first == "\"" || first == "'" else {
                return String(text)
            }
            return String(text.dropFirst().dropLast())
        }

        private func problem(_ number: Int, _ text: Substring, _ words: String) -> CondaFile.Problem {
            CondaFile.Problem(message: "has in line \(number) '\(text)', which \(words)")
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = drop { $0 == " " || $0 == "\r" }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
