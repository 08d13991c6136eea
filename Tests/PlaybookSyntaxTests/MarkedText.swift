@testable import PlaybookSyntax

/// A sample text in which `⟦` and `⟧` stand around the places that findings must point to.
struct MarkedText {
    let text: String
    /// In the order of the text.
    let spans: [Span]

    init(_ marked: String) {
        var text = String.UnicodeScalarView()
        var line = 1
        var column = 1
        var starts: [Position] = []
        var spans: [Span] = []
        for scalar in marked.unicodeScalars {
            switch scalar {
            case "⟦": starts.append(Position(line: line, column: column))
            case "⟧":
                if let start = starts.popLast() {
                    spans.append(Span(start: start, end: Position(line: line, column: column)))
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
        self.spans = spans.sorted { $0.start < $1.start }
    }
}
