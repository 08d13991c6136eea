/// The values that Azure's own client accepts in an endpoint or deployment file.
///
/// The client (`azure-ai-ml`) is the specification: its schemas are much more lenient than their documentation in some
/// places and stricter in others. Tests/IntegrationTests/LoaderDifferentialTests.swift compares the two.
indirect enum AzureShape: Sendable {
    /// A string; an unquoted number, date or Boolean is an error.
    case text
    /// A nonempty string that a separate rule checks.
    case name
    case endpointName
    /// An integer, also in quotes; a fraction is cut off.
    case integer
    /// An integer that the client leaves out if it is 0.
    case amount
    /// A number from 0 to 1, also in quotes.
    case share
    /// A Boolean, also in quotes or as 1 and 0.
    case flag
    case word(AzureEnumeration)
    /// A string, or a number or Boolean that is kept as text.
    case version
    /// A mapping of any keys to values that are kept as text; with `textKeys`, keys must be strings.
    case words(textKeys: Bool = false)
    /// Any mapping, kept unchanged.
    case anyMapping
    /// A mapping of deployments to integer percentages, with an optional limit on their sum.
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
    /// An existing folder, or a URL.
    case buildFolder
    /// A value that `az ml … show` prints, and that is ignored when a resource is created.
    case readOnly
    /// A value that is checked and then ignored.
    case unused(AzureShape)
}

/// An enumeration.
struct AzureEnumeration: Sendable {
    let words: [String]
    let casing: Casing

    enum Casing: Sendable {
        /// Words are case-insensitive.
        case lower
        /// Words are case-insensitive, and `CamelCase` is read as `snake_case`.
        case snake
    }

    static func lower(_ words: String...) -> AzureEnumeration { AzureEnumeration(words: words, casing: .lower) }
    static func snake(_ words: String...) -> AzureEnumeration { AzureEnumeration(words: words, casing: .snake) }

    /// Returns the normalized word, or `nil` if `text` is not one of the words.
    func word(_ text: String) -> String? {
        let folded = casing == .lower ? text.lowercased() : text.snakeCasedByAzure
        return words.contains(folded) ? folded : nil
    }
}

/// A mapping with known keys.
struct AzureObject: Sendable {
    /// The mapping's name in messages: `a deployment file`.
    let what: String
    let fields: [AzureField]
    private let index: [String: Int]

    init(_ what: String, _ fields: [AzureField]) {
        self.what = what
        self.fields = fields
        index = Dictionary(zip(fields.map(\.key), 0...), uniquingKeysWith: { first, _ in first })
    }

    subscript(key: String) -> AzureField? { index[key].map { fields[$0] } }

    /// The keys that users write.
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
    /// The hover text in the JSON Schema, and the text in the playbook reference.
    let description: String
    let example: String?
    /// How else to supply a missing value, for messages.
    let alternative: String?
    /// The key that this one is an alias of; otherwise the key itself.
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
    /// The text in snake case, as Azure's client converts it: `AMLToken` becomes `aml_token`.
    ///
    /// Two regular expressions are applied: the first for words of several letters, the second for single capitals.
    var snakeCasedByAzure: String {
        let once = replacing(#/(?s)(.)([A-Z][a-z]+)/#) { "\($0.1)_\($0.2)" }
        return once.replacing(#/([a-z0-9])([A-Z])/#) { "\($0.1)_\($0.2)" }.lowercased()
    }
}
