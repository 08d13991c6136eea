internal import Support
extension String {
    /// The text in lines of at most `width` characters, broken at spaces; each line of the text begins a new one.
    ///
    /// A word that is longer than that has a line for itself.
    func wrapped(to width: Int) -> [String] {
        split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).flatMap { paragraph in
            var lines: [String] = []
            var line = ""
            for word in String(paragraph).printable.split(separator: " ") {
                if !line.isEmpty, line.count + 1 + word.count > width {
                    lines.append(line)
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            return lines + [line]
        }
    }

    /// The text wrapped behind `head`, further lines indented as far.
    func hanging(behind head: String, width: Int) -> [String] {
        let indent = String(repeating: " ", count: head.count)
        return wrapped(to: Swift.max(width - head.count, 20)).enumerated().map { index, line in
            (index == 0 ? head : indent) + line
        }
    }
}
