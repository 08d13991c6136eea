/// What Azure's own client takes for a value of an endpoint or deployment file.
///
/// The client (`azure-ai-ml`) is the specification: its schemas are much more lenient than their documentation in some
/// places and stricter in others, and Tests/IntegrationTests/LoaderDifferentialTests.swift holds the two together.
indirect enum AzureShape: Sendable {
    /// Text; an unquoted number, date or truth value is a mistake.
    case text
    /// Text that a rule of its own judges.
    case name
    case endpointName
    /// A number without its fraction, also in quotes.
    case integer
    /// An integer that says nothing where it is 0: the client leaves it out.
    case amount
    /// A number from 0 to 1, also in quotes.
    case share
    /// A truth value, also in quotes or as 1 and 0.
    case flag
    case word(AzureWord)
    /// Text or a number, which is kept as text.
    case version
    /// Any names, whose values are kept as text; with `textKeys` the names are text themselves.
    case words(textKeys: Bool = false)
    /// Any mapping, kept as it is.
    case anyMapping
    /// Whole percents by deployment, of which at most 100 are given.
    case percents(atMost: Int?)
    case list(AzureShape, atMost: Int? = nil)
    case mapping(AzureShape)
    case object(AzureObject)
    case textOr(AzureObject)
    /// `azureml:…`, or the asset itself.
    case asset(AzureObject)
    /// `azureml:NAME`.
    case reference
    /// A Conda environment: the path of a file, or its content.
    case condaFile
    /// A folder that is there, or a URL.
    case buildFolder
    /// A value of `az ml … show`, which says nothing when a resource is made.
    case readOnly
    /// A value that is checked and says nothing.
    case unused(AzureShape)
}

/// The words of an enumeration.
struct AzureWord: Sendable {
    let words: [String]
    let casing: Casing

    enum Casing: Sendable {
        /// Case does not matter.
        case lower
        /// Case does not matter, and `CamelCase` is `snake_case`.
        case snake
    }

    static func lower(_ words: String...) -> AzureWord { AzureWord(words: words, casing: .lower) }
    static func snake(_ words: String...) -> AzureWord { AzureWord(words: words, casing: .snake) }

    /// The word as it is kept, or nil where `text` is none of them.
    func word(_ text: String) -> String? {
        let folded = casing == .lower ? text.lowercased() : text.snakeCasedByAzure
        return words.contains(folded) ? folded : nil
    }
}

/// A mapping of known keys.
struct AzureObject: Sendable {
    /// What it is, to be named in messages.
    let what: String
    let fields: [AzureField]
    private let index: [String: Int]

    init(_ what: String, _ fields: [AzureField]) {
        self.what = what
        self.fields = fields
        index = Dictionary(zip(fields.map(\.key), 0...), uniquingKeysWith: { first, _ in first })
    }

    subscript(key: String) -> AzureField? { index[key].map { fields[$0] } }

    /// The keys that a person writes.
    var writtenKeys: [String] {
        fields.compactMap {
            switch $0.shape {
            case .readOnly, .unused: nil
            default: $0.key
            }
        }
    }
}

/// A key of an ``AzureObject``.
struct AzureField: Sendable {
    let key: String
    let shape: AzureShape
    let isRequired: Bool
    /// For the JSON Schema.
    let description: String
    let example: String?
    /// What gives the value where the file does not, for messages.
    let alternative: String?
    /// The key that this one is another name of.
    let canonicalKey: String

    init(
        _ key: String, _ shape: AzureShape, required: Bool = false, _ description: String, example: String? = nil,
        alternative: String? = nil, means canonicalKey: String? = nil
    ) {
        self.key = key
        self.shape = shape
        isRequired = required
        self.description = description
        self.example = example
        self.alternative = alternative
        self.canonicalKey = canonicalKey ?? key
    }
}

extension String {
    /// `AMLToken` and `aml_token` as `aml_token`, the way Azure's client does it: two passes of regular expressions,
    /// the first for words of several letters and the second for single capitals.
    var snakeCasedByAzure: String {
        let once = replacing(#/(?s)(.)([A-Z][a-z]+)/#) { "\($0.1)_\($0.2)" }
        return once.replacing(#/([a-z0-9])([A-Z])/#) { "\($0.1)_\($0.2)" }.lowercased()
    }
}
