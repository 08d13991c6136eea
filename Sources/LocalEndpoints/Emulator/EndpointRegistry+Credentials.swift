internal import AzureEndpoints
internal import HTTPTypes
internal import Rollouts

/// Keys and tokens of endpoints. None of them is ever logged.
extension EndpointRegistry {
    /// How long a token opens an endpoint, and when a new one is to be asked for (AzureCompatibility.md).
    private static let tokenLife = Interval.seconds(86_400)
    private static let tokenRefresh = Interval.seconds(43_200)
    /// Tokens of one endpoint that are valid at a time; the oldest gives way.
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

    /// Sets a key to `value` or, without one, draws it; the old one opens nothing any more when this returns.
    ///
    /// Azure's reference calls the value "the value the key is set to"; its SDK sends the present key and gets a new one.
    /// Both are kept: the present value asks for another.
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

    /// A key is what a header can carry, and too long to be guessed.
    private static func requireKey(_ value: String) throws(ControlError) {
        guard (16...256).contains(value.utf8.count), value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badArgument("a key must have 16 to 256 visible ASCII characters", target: "keyValue")
        }
    }

    /// A token that opens the endpoint when this returns.
    func token(of endpoint: Name) async throws -> EndpointToken {
        var record = try record(endpoint)
        guard record.snapshot.definition.authMode != "key" else {
            throw ControlError.badArgument(
                "endpoint \(record.name) uses keys, not tokens: its auth mode is key")
        }
        let time = now()
        let token = EndpointRecord.IssuedToken(secret: Secrets.draw(86), expires: time + Self.tokenLife)
        record.tokens = record.tokens.filter { $0.expires > time }.suffix(Self.tokenLimit - 1) + [token]
        try keep(Kept(records: [record]))
        await installedNow()
        return EndpointToken(
            accessToken: token.secret, tokenType: "Bearer", expiryTimeUtc: Int(token.expires.milliseconds / 1000),
            refreshAfterTimeUtc: Int((time + Self.tokenRefresh).milliseconds / 1000))
    }
}
