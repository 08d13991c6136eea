internal import Support

/// What a value of a file must look like; the reader and the JSON Schema both follow it.
indirect enum Shape: Sendable {
    case any
    /// Text only: an unquoted number is a mistake.
    case text
    /// Text of one line, with letters and signs that fit the pattern.
    case pattern(TextPattern)
    /// Text, or a number or a truth value that is taken as text.
    case word
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    case choice([String])
    /// `10m`; with `never` also that word, with `positive` not `0s`.
    case duration(never: Bool = false, positive: Bool = false)
    case percent
    /// `1%`, `1pt` or `0.01`.
    case fraction(ClosedRange<Double>)
    case rate
    /// The path of a file that is read.
    case path
    /// A name of an endpoint or of a deployment; its own rule says which are possible.
    case name
    /// A truth value that an expression gives.
    case condition
    case list(Shape, atLeast: Int = 0)
    /// Any keys, each with a value of one shape; with `names` they are names, which compare without case.
    case mapping(Shape, names: Bool = false)
    case object(ObjectShape)
    case textOr(ObjectShape)
    /// One of these words, or a mapping.
    case choiceOr([String], ObjectShape)
}

/// A mapping with known keys.
struct ObjectShape: Sendable {
    /// What it is, to be named in messages: `a stage`, `scale`.
    let what: String
    let fields: [Field]
    /// Exactly one of these keys is given.
    let oneOf: [String]
    private let index: [String: Int]

    init(_ what: String, oneOf: [String] = [], _ fields: [Field]) {
        self.what = what
        self.fields = fields
        self.oneOf = oneOf
        index = Dictionary(zip(fields.map(\.key), 0...), uniquingKeysWith: { first, _ in first })
    }

    subscript(key: String) -> Field? { index[key].map { fields[$0] } }
}

/// A key of an ``ObjectShape``.
struct Field: Sendable {
    let key: String
    let shape: Shape
    let isRequired: Bool
    /// For the JSON Schema.
    let description: String
    let example: String?
    /// False where `${{ … }}` is not filled in.
    let takesExpressions: Bool

    init(
        _ key: String, _ shape: Shape, required: Bool = false, _ description: String, example: String? = nil,
        expressions: Bool = true
    ) {
        self.key = key
        self.shape = shape
        isRequired = required
        self.description = description
        self.example = example
        takesExpressions = expressions
    }
}

/// A form of text, with what a message says about it.
struct TextPattern: Sendable {
    /// For the JSON Schema.
    let expression: String
    let help: String
    let fits: @Sendable (Substring.UTF8View) -> Bool

    static let stageName = TextPattern(
        expression: "^[a-z0-9][a-z0-9-]*$", help: "a stage's name has small letters, digits and hyphens: deploy-green"
    ) { text in
        text.first != UInt8(ascii: "-") && text.allSatisfy { ($0.isLetter && $0 >= 97) || $0.isDigit || $0 == 45 }
    }

    static let playbookName = TextPattern(
        expression: "^[A-Za-z][A-Za-z0-9-]*$",
        help: "a playbook's name begins with a letter and has letters, digits and hyphens: safe-rollout"
    ) { text in
        text.first?.isLetter == true && text.allSatisfy { $0.isLetter || $0.isDigit || $0 == 45 }
    }

    static let inputName = TextPattern(
        expression: "^[A-Za-z_][A-Za-z0-9_]*$", help: "an input's name has letters, digits and underscores: green_file"
    ) { text in
        text.first?.isDigit == false && text.allSatisfy { $0.isLetter || $0.isDigit || $0 == 95 }
    }

    func fits(_ text: String) -> Bool { !text.isEmpty && text.utf8.count <= 128 && fits(Substring(text).utf8) }
}
