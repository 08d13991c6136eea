package import FoundationEssentials

/// Encodes and decodes JSON as files, servers and commands use it, with sorted members and unescaped slashes.
package enum JSONText {
    package static func encode(_ value: some Encodable) throws -> Data { try encode(value, []) }

    /// Encodes on one line, without a final newline.
    package static func line(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }

    /// Encodes on several lines, without a final newline.
    package static func pretty(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value, .prettyPrinted), as: UTF8.self)
    }

    package static func decode<Decoded: Decodable>(_ type: Decoded.Type, from data: Data) throws -> Decoded {
        try JSONDecoder().decode(type, from: data)
    }

    package static func decode<Decoded: Decodable>(_ type: Decoded.Type, from text: String) throws -> Decoded {
        try decode(type, from: Data(text.utf8))
    }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        return try encoder.encode(value)
    }
}
