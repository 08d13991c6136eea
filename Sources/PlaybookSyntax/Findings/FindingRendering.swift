internal import Support

extension Finding {
    /// The finding as a compiler would print it, without a final newline.
    ///
    /// ```
    /// Playbooks/x.yml:14:18: error: unknown key 'instance_cuont' in scale [UnknownKey]
    ///     scale: {instance_cuont: 2}
    ///             ^~~~~~~~~~~~~~
    /// help: did you mean 'instance_count'?
    /// ```
    package func rendered(color: Bool) -> String {
        let paint = color ? Paint.ansi : Paint.none
        let place = source == nil ? file : "\(file):\(start.line):\(start.column)"
        let word = severity == .error ? paint.red("error:") : paint.yellow("warning:")
        var lines = ["\(paint.bold(place.printable + ":")) \(word) \(paint.bold(message.printable)) [\(rule)]"]
        if let source {
            let (excerpt, caret) = Self.excerpt(of: source, from: start, to: end)
            lines += ["  " + excerpt, "  " + paint.green(caret)]
            if caret.isEmpty { lines.removeLast() }
        }
        if let help { lines.append(paint.cyan("help:") + " " + help.printable) }
        return lines.joined(separator: "\n")
    }

    /// The part of a line around a range, and the carets to put under it.
    private static func excerpt(of line: String, from start: Position, to end: Position) -> (String, String) {
        let width = 160
        let characters = Array(line.unicodeScalars)
        let first = min(start.column - 1, characters.count)
        let last = end.line > start.line ? characters.count : min(max(end.column - 1, first + 1), characters.count + 1)
        let from = first < width * 3 / 4 ? 0 : first - width / 4
        let to = min(characters.count, from + width)
        let dots = (from > 0 ? "…" : "", to < characters.count ? "…" : "")
        var text = String.UnicodeScalarView()
        text.append(contentsOf: characters[from..<to].map { $0 == "\t" ? " " : $0 })
        let indent = String(repeating: " ", count: first - from + dots.0.count)
        let caret = "^" + String(repeating: "~", count: max(min(last, to) - first - 1, 0))
        return (dots.0 + String(text).printable + dots.1, indent + caret)
    }
}

extension String {
    /// The text in single quotes for a message, shortened if it has more than 60 characters.
    package var quoted: String { count > 60 ? "'\(prefix(57))…'" : "'\(self)'" }
}

private struct Paint {
    var isOn: Bool
    static let ansi = Paint(isOn: true)
    static let none = Paint(isOn: false)

    func bold(_ text: String) -> String { painted(text, "1") }
    func red(_ text: String) -> String { painted(text, "1;31") }
    func yellow(_ text: String) -> String { painted(text, "1;33") }
    func green(_ text: String) -> String { painted(text, "32") }
    func cyan(_ text: String) -> String { painted(text, "36") }

    private func painted(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
