package import Rollouts
internal import Support

/// The form that a value in a file must have; the reader and the JSON Schema both follow it.
package indirect enum Shape: Sendable {
    case any
    /// A string; an unquoted number is an error.
    case text
    /// A string that matches the pattern.
    case pattern(TextPattern)
    /// A string, or a number or Boolean that is read as text.
    case word
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    case choice([String])
    /// `10m`, or one of `words`; `positive` excludes `0s`, and `seconds` allows a plain number of seconds.
    case duration(
        words: [String] = [], positive: Bool = false, seconds: Bool = false, atMost: Interval = .maximum)
    case percent
    /// `1%`, `1pt` or `0.01`.
    case fraction(ClosedRange<Double>)
    /// `50/s`; `bare` allows a plain number of requests per second, and 0.
    case rate(bare: Bool = false)
    /// The path of a file that is read.
    case path
    /// The name of an endpoint or a deployment; a separate rule checks it.
    case name
    /// A Boolean, usually the result of an expression.
    case condition
    case list(Shape, atLeast: Int = 0)
    /// Any keys, each with a value of one shape; with `names`, keys are names, which are case-insensitive.
    case mapping(Shape, names: Bool = false)
    case object(ObjectShape)
    /// The first of these shapes that has the form of the value: a scalar, a list or a mapping.
    case anyOf([Shape])
}

/// A mapping with known keys.
package struct ObjectShape: Sendable {
    /// The mapping's name in messages: `a stage`, `scale`.
    let what: String
    package let fields: [Field]
    /// The keys of which exactly one must be given, if there are any.
    let oneOf: [String]
    /// Whether `null` and the empty string count as not given, here and at all levels below.
    ///
    /// A setting whose value comes from an input with an empty default then counts as not given.
    let ignoresBlanks: Bool
    private let index: [String: Int]

    package init(_ what: String, oneOf: [String] = [], ignoresBlanks: Bool = false, _ fields: [Field]) {
        self.what = what
        self.ignoresBlanks = ignoresBlanks
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
    /// The hover text in the JSON Schema, and the text in the playbook reference.
    package let description: String
    package let example: String?
    /// Whether `${{ … }}` is evaluated in the value.
    let allowsExpressions: Bool

    package init(
        _ key: String, _ shape: Shape, required: Bool = false, _ description: String, example: String? = nil,
        expressions: Bool = true
    ) {
        self.key = key
        self.shape = shape
        isRequired = required
        self.description = description
        self.example = example
        allowsExpressions = expressions
    }
}

/// A pattern for strings, and what a message says about it.
package struct TextPattern: Sendable {
    /// The regular expression in the JSON Schema.
    let expression: String
    let help: String
    /// The largest length, in UTF-8 bytes.
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
        expression: "^[a-z0-9][a-z0-9-]*$", help: "a stage name has lowercase letters, digits and hyphens: deploy-green"
    ) { text in
        text.first != UInt8(ascii: "-") && text.allSatisfy { ($0.isLetter && $0 >= 97) || $0.isDigit || $0 == 45 }
    }

    static let playbookName = TextPattern(
        expression: "^[A-Za-z][A-Za-z0-9-]*$",
        help: "a playbook name begins with a letter and has letters, digits and hyphens: safe-rollout"
    ) { text in
        text.first?.isLetter == true && text.allSatisfy { $0.isLetter || $0.isDigit || $0 == 45 }
    }

    static let inputName = TextPattern(
        expression: "^[A-Za-z_][A-Za-z0-9_]*$", help: "an input name has letters, digits and underscores: green_file"
    ) { text in
        text.first?.isDigit == false && text.allSatisfy { $0.isLetter || $0.isDigit || $0 == 95 }
    }

    func fits(_ text: String) -> Bool { !text.isEmpty && text.utf8.count <= longest && fits(Substring(text).utf8) }
}
