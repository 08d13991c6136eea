/// A property that equality ignores.
@propertyWrapper
package struct IgnoredByEquality<Wrapped: Codable & Sendable>: Hashable, Sendable, Codable {
    package var wrappedValue: Wrapped?

    package init(wrappedValue: Wrapped? = nil) { self.wrappedValue = wrappedValue }

    package static func == (left: IgnoredByEquality, right: IgnoredByEquality) -> Bool { true }
    package func hash(into hasher: inout Hasher) {}

    package init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(Wrapped?.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension KeyedDecodingContainer {
    /// Decodes an empty value if the key is missing, as for any optional.
    package func decode<Wrapped>(
        _ type: IgnoredByEquality<Wrapped>.Type, forKey key: Key
    ) throws -> IgnoredByEquality<Wrapped> {
        try decodeIfPresent(type, forKey: key) ?? IgnoredByEquality()
    }
}

extension KeyedEncodingContainer {
    package mutating func encode<Wrapped>(_ value: IgnoredByEquality<Wrapped>, forKey key: Key) throws {
        try encodeIfPresent(value.wrappedValue, forKey: key)
    }
}
