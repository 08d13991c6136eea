extension String {
    /// The text on one line, with every character replaced that could control a terminal.
    package var printable: String {
        guard unicodeScalars.contains(where: \.controlsTerminal) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.controlsTerminal ? "\u{FFFD}" : $0 }))
    }

    /// Returns the text or, if it is longer than `width` characters, its beginning with an ellipsis.
    package func cut(to width: Int) -> String {
        guard count > width else { return self }
        guard width > 1 else { return String(prefix(max(width, 0))) }
        return prefix(width - 1) + "…"
    }
}

extension Int {
    /// Returns the number with a noun whose plural ends in `s`, for example `1 line` or `2 lines`.
    package func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension Unicode.Scalar {
    fileprivate var controlsTerminal: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
