/// A text that makes no difference: values which differ in it alone are equal.
@propertyWrapper
package struct Uncompared: Hashable, Sendable, Codable {
    package var wrappedValue: String?

    package init(wrappedValue: String? = nil) { self.wrappedValue = wrappedValue }

    package static func == (left: Uncompared, right: Uncompared) -> Bool { true }
    package func hash(into hasher: inout Hasher) {}

    package init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(String?.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension KeyedDecodingContainer {
    /// Nothing where the key is missing, as for any optional.
    package func decode(_ type: Uncompared.Type, forKey key: Key) throws -> Uncompared {
        try decodeIfPresent(type, forKey: key) ?? Uncompared()
    }
}

extension KeyedEncodingContainer {
    package mutating func encode(_ value: Uncompared, forKey key: Key) throws {
        try encodeIfPresent(value.wrappedValue, forKey: key)
    }
}
