/// The name of an endpoint or a deployment; names are case-insensitive (AzureCompatibility.md).
package struct Name: Sendable {
    /// The name in its original case.
    package let text: String
    private let folded: String

    package init(_ text: String) {
        self.text = text
        self.folded = text.lowercased()
    }
}

extension Name: Hashable, Comparable {
    package static func == (left: Name, right: Name) -> Bool { left.folded == right.folded }
    package static func < (left: Name, right: Name) -> Bool { left.folded < right.folded }
    package func hash(into hasher: inout Hasher) { hasher.combine(folded) }
}

extension Name: CustomStringConvertible, ExpressibleByStringLiteral {
    package var description: String { text }
    package init(stringLiteral value: String) { self.init(value) }
}

extension Name: Codable, CodingKeyRepresentable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var codingKey: any CodingKey { Key(stringValue: text) }
    package init(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}
