extension Scalar {
    /// Returns where characters of the scalar's text are in its file, across quotes, escapes and folded lines.
    ///
    /// - Parameters:
    /// - range: Characters of ``text`` that are in or after an expression.
    ///   - expression: The first character of that expression's `${{`.
    /// - scalar: The span of the whole scalar in its file.
    /// - source: The scalar's file.
    /// - Returns: The span of the whole scalar if the position cannot be determined.
    func span(of range: Range<Int>, inExpressionAt expression: Int, scalar: Span, source: SourceFile) -> Span {
        let characters = Array(text.unicodeScalars)
        let written = WrittenText(span: scalar, source: source)
        let ordinal = openings(in: characters[..<min(expression + 3, characters.count)]).count - 1
        let places = openings(in: written.characters[...])
        guard ordinal >= 0, places.indices.contains(ordinal) else { return scalar }
        var index = places[ordinal]
        var start: Position?
        for offset in expression...max(expression, range.upperBound) {
            if offset == range.lowerBound { start = written.position(at: index) }
            if offset == range.upperBound, let start {
                return Span(start: start, end: max(written.position(at: index), start))
            }
            index = written.index(after: index, style: style)
        }
        return scalar
    }

    private func openings(in characters: ArraySlice<Unicode.Scalar>) -> [Int] {
        characters.indices.filter {
            $0 + 2 < characters.endIndex && characters[$0] == "$" && characters[$0 + 1] == "{"
                && characters[$0 + 2] == "{"
        }
    }
}

/// The characters of a scalar as written in its file, each with its position.
private struct WrittenText {
    private(set) var characters: [Unicode.Scalar] = []
    private var positions: [Position] = []
    private let end: Position

    init(span: Span, source: SourceFile) {
        end = span.end
        let lastLine = max(min(span.end.line, source.lineCount), span.start.line)
        for number in span.start.line...lastLine {
            var column = 0
            for character in source.line(number).unicodeScalars {
                column += 1
                let place = Position(line: number, column: column)
                guard place >= span.start, place < span.end else { continue }
                characters.append(character)
                positions.append(place)
            }
            characters.append("\n")
            positions.append(Position(line: number, column: column + 1))
        }
    }

    func position(at index: Int) -> Position { positions.indices.contains(index) ? positions[index] : end }

    /// Returns the index after the one character of the text that is written at `index`.
    func index(after index: Int, style: Scalar.Style) -> Int {
        guard characters.indices.contains(index) else { return index }
        let next = index + 1 < characters.count ? characters[index + 1] : "\n"
        switch (characters[index], style) {
        case ("'", .singleQuoted) where next == "'": return index + 2
        case ("\\", .doubleQuoted):
            return switch next {
            case "x": index + 4
            case "u": index + 6
            case "U": index + 10
            default: index + 2
            }
        case ("\n", _):
            var following = index + 1
            while following < characters.count, [" ", "\t"].contains(characters[following]) { following += 1 }
            return following
        default: return index + 1
        }
    }
}
