/// Decodes tags, properties and variables, which may be null on the wire (`x-nullable` in Azure's specification).
///
/// A name whose value is null is ignored. Synthesized decoding of optional members in this module uses this overload.
extension KeyedDecodingContainer {
    func decodeIfPresent(_ type: [String: String].Type, forKey key: Key) throws -> [String: String]? {
        try decodeIfPresent([String: String?].self, forKey: key)?.compactMapValues { $0 }
    }
}
