package import FoundationEssentials

/// JSON as both sides write it: keys sorted, slashes as they are.
package enum WireJSON {
    package static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    package static func decode<Decoded: Decodable>(_ type: Decoded.Type, from data: Data) throws -> Decoded {
        try JSONDecoder().decode(type, from: data)
    }

    /// The value as text, for a member whose value is JSON.
    package static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }

    package static func decode<Decoded: Decodable>(_ type: Decoded.Type, from text: String) throws -> Decoded {
        try decode(type, from: Data(text.utf8))
    }
}

/// Tags, properties and variables may be null on the wire (`x-nullable` in Azure's own description); a name without a
/// value says nothing.
///
/// The compiler's own decoding of optional members in this module finds this overload.
extension KeyedDecodingContainer {
    func decodeIfPresent(_ type: [String: String].Type, forKey key: Key) throws -> [String: String]? {
        try decodeIfPresent([String: String?].self, forKey: key)?.compactMapValues { $0 }
    }
}
