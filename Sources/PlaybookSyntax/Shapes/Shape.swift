package import Rollouts
internal import Support

/// What a value of a file must look like; the reader and the JSON Schema both follow it.
package indirect enum Shape: Sendable {
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
    /// `10m`, or one of `words`; with `positive` not `0s`, with `seconds` also a number of them.
    case duration(
        words: [String] = [], positive: Bool = false, seconds: Bool = false, atMost: Interval = .maximum)
    case percent
    /// `1%`, `1pt` or `0.01`.
    case fraction(ClosedRange<Double>)
    /// `50/s`; with `bare` also a number of requests a second, and none at all.
    case rate(bare: Bool = false)
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
    /// The first of these shapes that is for what is given: a scalar, a list or a mapping.
    case anyOf([Shape])
}

/// A mapping with known keys.
package struct ObjectShape: Sendable {
    /// What it is, to be named in messages: `a stage`, `scale`.
    let what: String
    package let fields: [Field]
    /// Exactly one of these keys is given.
    let oneOf: [String]
    /// Whether in it, and in all below, `null` and empty text count as not given, so that an input may have no default.
    let takesBlanks: Bool
    private let index: [String: Int]

    package init(_ what: String, oneOf: [String] = [], takesBlanks: Bool = false, _ fields: [Field]) {
        self.what = what
        self.takesBlanks = takesBlanks
        self.fields = fields
        self.oneOf = oneOf
        index = Dictionary(zip(fields.map(\.key), 0...), uniquingKeysWith: { first, _ in first })
    }

    subscript(key: String) -> Field? { index[key].map { fields[$0] } }
}

/// A key of an ``ObjectShape``.
package struct Field: Sendable {
    package let key: String
    package let shape: Shape
    let isRequired: Bool
    /// For the JSON Schema.
    package let description: String
    package let example: String?
    /// False where `${{ … }}` is not filled in.
    let takesExpressions: Bool

    package init(
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
package struct TextPattern: Sendable {
    /// For the JSON Schema.
    let expression: String
    let help: String
    /// In UTF-8.
    let longest: Int
    let fits: @Sendable (Substring.UTF8View) -> Bool

    package init(
        expression: String, help: String, longest: Int = 128, fits: @escaping @Sendable (Substring.UTF8View) -> Bool
    ) {
        self.expression = expression
        self.help = help
        self.longest = longest
        self.fits = fits
    }

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

    func fits(_ text: String) -> Bool { !text.isEmpty && text.utf8.count <= longest && fits(Substring(text).utf8) }
}
