internal import Support
extension String {
    /// Returns the text in lines of at most `width` characters, broken at spaces; line breaks are kept.
    ///
    /// A word that is longer than `width` gets a separate line.
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

    /// Returns the text wrapped after `head`, with further lines indented to the same column.
    func hanging(behind head: String, width: Int) -> [String] {
        let indent = String(repeating: " ", count: head.count)
        return wrapped(to: Swift.max(width - head.count, 20)).enumerated().map { index, line in
            (index == 0 ? head : indent) + line
        }
    }
}
