/// A token of an expression and the characters that it covers.
struct ExpressionToken: Equatable {
    enum Kind: Equatable {
        case integer(Int)
        case text(String)
        /// `inputs.canary`, `true`, `and`.
        case word(String)
        /// `+`, `==`, `(`.
        case symbol(String)
        /// `}}`.
        case end
    }

    var kind: Kind
    var range: Range<Int>
}

/// Splits an expression into tokens.
struct ExpressionLexer {
    let characters: [Unicode.Scalar]
    private(set) var position: Int
    /// The first character of `${{`.
    private let opening: Int

    /// Starts after the `${{` at `opening`.
    init(_ characters: [Unicode.Scalar], opening: Int) {
        self.characters = characters
        self.opening = opening
        position = opening + 3
    }

    mutating func next() throws(ExpressionProblem) -> ExpressionToken {
        while position < characters.count, [" ", "\t", "\n"].contains(characters[position]) { position += 1 }
        let start = position
        guard position < characters.count else {
            throw ExpressionProblem(range: opening..<opening + 3, message: .notClosed, help: "close it with '}}'")
        }
        let character = characters[position]
        if character == "'" || character == "\"" { return try text(closedBy: character) }
        if character.isDigit { return try integer() }
        if character.isWordStart {
            while position < characters.count, characters[position].isWordPart { position += 1 }
            return token(.word(string(start..<position)), from: start)
        }
        position += 1
        let following = position < characters.count ? characters[position] : " "
        switch (character, following) {
        case ("}", "}"):
            position += 1
            return token(.end, from: start)
        case ("=", "="), ("!", "="), ("<", "="), (">", "="):
            position += 1
            return token(.symbol(string(start..<position)), from: start)
        case ("+", _), ("-", _), ("*", _), ("/", _), ("(", _), (")", _), ("<", _), (">", _):
            return token(.symbol(String(character)), from: start)
        default:
            throw ExpressionProblem(
                range: start..<position, message: .unknownCharacter(character), help: character.replacement)
        }
    }

    private mutating func integer() throws(ExpressionProblem) -> ExpressionToken {
        let start = position
        while position < characters.count, characters[position].isWordPart { position += 1 }
        let digits = string(start..<position)
        guard let number = Int(digits) else {
            throw ExpressionProblem(
                range: start..<position, message: .notAnInteger(digits),
                help: "expressions support integers up to \(Int.max)"
            )
        }
        return token(.integer(number), from: start)
    }

    private mutating func text(closedBy quote: Unicode.Scalar) throws(ExpressionProblem) -> ExpressionToken {
        let start = position
        position += 1
        while position < characters.count, characters[position] != quote { position += 1 }
        guard position < characters.count else {
            throw ExpressionProblem(
                range: start..<characters.count, message: .unclosedString, help: "close it with \(quote)")
        }
        position += 1
        return token(.text(string(start + 1..<position - 1)), from: start)
    }

    private func token(_ kind: ExpressionToken.Kind, from start: Int) -> ExpressionToken {
        ExpressionToken(kind: kind, range: start..<position)
    }

    func string(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: characters[range])
        return String(text)
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var isWordStart: Bool { ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "_" }
    fileprivate var isWordPart: Bool { isWordStart || isDigit || self == "." }

    fileprivate var replacement: String? {
        switch self {
        case "=": "compare with '=='"
        case "&": "write 'and'"
        case "|": "write 'or'"
        case "!": "write 'not'"
        default: nil
        }
    }
}

extension String {
    fileprivate static let notClosed = "this expression is not closed"
    fileprivate static let unclosedString = "this string is not closed"
    fileprivate static func unknownCharacter(_ character: Unicode.Scalar) -> String {
        "'\(character)' is not valid in an expression"
    }
    fileprivate static func notAnInteger(_ digits: String) -> String { "\(digits.quoted) is not an integer" }
}
