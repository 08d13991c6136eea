package import PlaybookSyntax

/// A sample text in which `⟦` and `⟧` stand around the places that findings must point to.
package struct MarkedText {
    package let text: String
    /// In the order of the text.
    package let spans: [Range<Position>]

    package init(_ marked: String) {
        var text = String.UnicodeScalarView()
        var line = 1
        var column = 1
        var starts: [Position] = []
        var spans: [Range<Position>] = []
        for scalar in marked.unicodeScalars {
            switch scalar {
            case "⟦": starts.append(Position(line: line, column: column))
            case "⟧":
                if let start = starts.popLast() {
                    spans.append(start..<Position(line: line, column: column))
                }
            default:
                text.append(scalar)
                column += 1
                if scalar == "\n" {
                    line += 1
                    column = 1
                }
            }
        }
        self.text = String(text)
        self.spans = spans.sorted { $0.lowerBound < $1.lowerBound }
    }
}

extension Finding {
    /// From its first character up to, but without, what comes behind its last.
    package var span: Range<Position> { start..<end }
}
