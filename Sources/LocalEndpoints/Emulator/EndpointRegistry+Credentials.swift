internal import AzureEndpoints
internal import HTTPTypes
internal import Rollouts

/// Keys and tokens of endpoints. None of them is ever logged.
extension EndpointRegistry {
    /// How long a token opens an endpoint, and when a new one is to be asked for (AZURE.md, Rules: Auth modes).
    private static let tokenLife = Interval.seconds(86_400)
    private static let tokenRefresh = Interval.seconds(43_200)
    /// Tokens of one endpoint that are valid at a time; the oldest gives way.
    private static let tokenLimit = 100

    func keys(of endpoint: Name) throws(ControlError) -> EndpointKeys {
        let record = try record(endpoint)
        guard record.snapshot.definition.authMode == "key" else {
            throw .badArgument(
                "endpoint \(record.name) is opened by tokens, not by keys: its auth mode is \(record.snapshot.definition.authMode)"
            )
        }
        return record.keys
    }

    /// Draws a new key; the old one opens nothing any more when this returns.
    ///
    /// The SDK sends the present key as the wanted one, so what a client sends is not taken over.
    func regenerate(_ key: RegenerateKeysRequest.KeyType, of endpoint: Name) async throws {
        _ = try keys(of: endpoint)
        var record = try record(endpoint)
        switch key {
        case .primary: record.keys.primaryKey = Secrets.draw()
        case .secondary: record.keys.secondaryKey = Secrets.draw()
        }
        record.touch(at: now())
        try keep(Kept(records: [record]))
        await installedNow()
    }

    /// A token that opens the endpoint when this returns.
    func token(of endpoint: Name) async throws -> EndpointToken {
        var record = try record(endpoint)
        guard record.snapshot.definition.authMode != "key" else {
            throw ControlError.badArgument(
                "endpoint \(record.name) is opened by keys, not by tokens: its auth mode is key")
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
