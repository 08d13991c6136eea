/// The keys of an endpoint.
///
/// They are never written to a log or an error.
package struct EndpointKeys: Codable, Hashable, Sendable {
    package var primaryKey: String?
    package var secondaryKey: String?

    package init(primaryKey: String?, secondaryKey: String?) {
        self.primaryKey = primaryKey
        self.secondaryKey = secondaryKey
    }
}

/// A request for a new key that replaces one of the keys.
package struct RegenerateKeysRequest: Codable, Hashable, Sendable {
    package enum KeyType: String, Codable, Hashable, Sendable, CaseIterable {
        case primary = "Primary"
        case secondary = "Secondary"
    }

    package var keyType: KeyType
    /// The new key.
    ///
    /// If it is absent or equals the present key, as the Azure SDK sends it, a random key is generated.
    package var keyValue: String?

    package init(keyType: KeyType, keyValue: String? = nil) {
        self.keyType = keyType
        self.keyValue = keyValue
    }
}

/// A token for an endpoint whose auth mode is not `Key`.
///
/// It is never written to a log or an error.
package struct EndpointToken: Codable, Hashable, Sendable {
    package var accessToken: String?
    package var tokenType: String?
    /// Unix seconds.
    package var expiryTimeUtc: Int?
    /// Unix seconds.
    ///
    /// From this time on a new token should be requested.
    package var refreshAfterTimeUtc: Int?

    package init(accessToken: String?, tokenType: String?, expiryTimeUtc: Int?, refreshAfterTimeUtc: Int?) {
        self.accessToken = accessToken
        self.tokenType = tokenType
        self.expiryTimeUtc = expiryTimeUtc
        self.refreshAfterTimeUtc = refreshAfterTimeUtc
    }
}

extension EndpointKeys: CustomStringConvertible, CustomReflectable {
    package var description: String { "keys (not shown)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension EndpointToken: CustomStringConvertible, CustomReflectable {
    package var description: String { "token (not shown)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension RegenerateKeysRequest: CustomStringConvertible, CustomReflectable {
    package var description: String { "regenerate the \(keyType.rawValue) key" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
