/// Tags, properties and variables may be null on the wire (`x-nullable` in Azure's own description); a name without a
/// value says nothing.
///
/// The compiler's own decoding of optional members in this module finds this overload.
extension KeyedDecodingContainer {
    func decodeIfPresent(_ type: [String: String].Type, forKey key: Key) throws -> [String: String]? {
        try decodeIfPresent([String: String?].self, forKey: key)?.compactMapValues { $0 }
    }
}
