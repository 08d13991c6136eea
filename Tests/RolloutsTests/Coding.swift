import FoundationEssentials

/// The value as JSON with sorted keys.
func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

func decoded<Decoded: Decodable>(_ type: Decoded.Type, _ text: String) throws -> Decoded {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}
