/// Escape sequences for drawing in place.
enum Screen {
    static let hideCursor = "\u{1B}[?25l"
    static let clear = "\u{1B}[2J\u{1B}[H"
    static let showCursor = "\u{1B}[?25h"

    /// Returns the text that draws `lines` over `drawn`, which may wrap differently at the present width.
    static func redrawing(_ lines: [String], over drawn: String, columns: Int) -> String {
        let height = drawn.isEmpty ? 0 : RunWatch.height(of: drawn, columns: columns)
        let up = height > 0 ? "\u{1B}[\(height)A\r" : ""
        return up + lines.map { "\u{1B}[2K\($0)\n" }.joined() + "\u{1B}[J"
    }
}

extension String {
    /// Returns the text cut to `width` visible characters; escape sequences do not count, and colours end at the cut.
    func cutVisible(to width: Int) -> String {
        var text = ""
        var visible = 0
        var isEscape = false
        for character in self {
            if isEscape {
                isEscape = character != "m"
            } else if character == "\u{1B}" {
                isEscape = true
            } else {
                visible += 1
                guard visible <= width else { return text + (contains("\u{1B}") ? "\u{1B}[0m" : "") }
            }
            text.append(character)
        }
        return text
    }
}
