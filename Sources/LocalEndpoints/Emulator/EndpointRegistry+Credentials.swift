internal import AzureEndpoints
internal import HTTPTypes
internal import Rollouts

/// Keys and tokens of endpoints. They are never logged.
extension EndpointRegistry {
    /// A token's lifetime, and the time after which clients should get a new one (AzureCompatibility.md).
    private static let tokenLifetime = Interval.seconds(86_400)
    private static let tokenRefresh = Interval.seconds(43_200)
    /// The maximum number of valid tokens of an endpoint; the oldest is dropped first.
    private static let tokenLimit = 100

    func keys(of endpoint: Name) throws(ControlError) -> EndpointKeys {
        let record = try record(endpoint)
        guard record.snapshot.definition.authMode == "key" else {
            throw .badArgument(
                "endpoint \(record.name) uses tokens, not keys: its auth mode is \(record.snapshot.definition.authMode)"
            )
        }
        return record.keys
    }

    /// Sets a key to `value`, or to a random key if it is nil; the old key is invalid when this returns.
    ///
    /// Azure's reference calls the value "the value the key is set to", but its SDK sends the present key to get a new
    /// one. Both work here: the present key as the value requests a random key.
    func regenerate(_ key: RegenerateKeysRequest.KeyType, as value: String?, of endpoint: Name) async throws {
        let present = try keys(of: endpoint)
        var record = try record(endpoint)
        if let value { try Self.requireKey(value) }
        switch key {
        case .primary: record.keys.primaryKey = value.flatMap { $0 == present.primaryKey ? nil : $0 } ?? Secrets.draw()
        case .secondary:
            record.keys.secondaryKey = value.flatMap { $0 == present.secondaryKey ? nil : $0 } ?? Secrets.draw()
        }
        record.touch(at: now())
        try keep(Kept(records: [record]))
        await installedNow()
    }

    /// Throws unless the key can be sent in a header and is too long to be guessed.
    private static func requireKey(_ value: String) throws(ControlError) {
        guard (16...256).contains(value.utf8.count), value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badArgument("a key must have 16 to 256 visible ASCII characters", target: "keyValue")
        }
    }

    /// Issues a token, which is valid for the endpoint when this returns.
    func token(of endpoint: Name) async throws -> EndpointToken {
        var record = try record(endpoint)
        guard record.snapshot.definition.authMode != "key" else {
            throw ControlError.badArgument(
                "endpoint \(record.name) uses keys, not tokens: its auth mode is key")
        }
        let time = now()
        let token = EndpointRecord.IssuedToken(secret: Secrets.draw(86), expires: time + Self.tokenLifetime)
        record.tokens = record.tokens.filter { $0.expires > time }.suffix(Self.tokenLimit - 1) + [token]
        try keep(Kept(records: [record]))
        await installedNow()
        return EndpointToken(
            accessToken: token.secret, tokenType: "Bearer", expiryTimeUtc: Int(token.expires.milliseconds / 1000),
            refreshAfterTimeUtc: Int((time + Self.tokenRefresh).milliseconds / 1000))
    }
}
