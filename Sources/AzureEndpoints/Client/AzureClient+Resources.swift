internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
package import Rollouts

/// A resource as it was read, with its ETag.
struct Read<Resource: Sendable>: Sendable {
    var resource: Resource
    var etag: String?
}

/// Read operations.
extension AzureClient {
    /// The endpoint, or `nil` if it does not exist.
    func endpoint(_ name: Name) async throws -> Read<EndpointResource>? {
        try await read(EndpointResource.self, ResourcePath(workspace, endpoint: name))
    }

    func deployment(_ name: Name, of endpoint: Name) async throws -> Read<DeploymentResource>? {
        try await read(DeploymentResource.self, ResourcePath(workspace, endpoint: endpoint, deployment: name))
    }

    func endpoints() async throws -> [EndpointResource] {
        try await list(EndpointResource.self, ResourcePath(workspace, "onlineEndpoints"))
    }

    func deployments(of endpoint: Name) async throws -> [DeploymentResource] {
        try await list(DeploymentResource.self, ResourcePath(workspace, endpoint: endpoint, "deployments"))
    }

    private func read<Resource: Decodable & Sendable>(
        _ type: Resource.Type, _ path: ResourcePath
    ) async throws -> Read<Resource>? {
        let answer = try await send(.get, path)
        if case .missing = verdict(answer) { return nil }
        return Read(resource: try decode(type, answer), etag: answer["ETag"])
    }

    /// All pages of a list; empty if the parent resource does not exist.
    func list<Item: Codable & Hashable & Sendable>(
        _ type: Item.Type, _ path: ResourcePath
    ) async throws -> [Item] {
        var answer = try await send(.get, path)
        if case .missing = verdict(answer) { return [] }
        var items: [Item] = []
        // Guard against a server that returns an endless sequence of pages.
        for _ in 0..<1000 {
            let page = try decode(ListResponse<Item>.self, answer)
            items += page.value
            guard let link = page.nextLink, let next = try await follow(link) else { break }
            answer = next
        }
        return items
    }
}

/// Write operations.
extension AzureClient {
    /// Creates or replaces a resource.
    ///
    /// `etag` is that of the state from which the new one was made.
    ///
    /// - Returns: The verdict, and the URL at which to poll the operation if the server returned one.
    func put(
        _ resource: some Encodable, at path: ResourcePath, etag: String?, as headers: WriteHeaders
    ) async throws -> (verdict: Verdict, operation: String?) {
        var fields = headers.fields
        if let etag { fields.append(("If-Match", etag)) }
        let answer = try await send(.put, path, headers: fields, body: try JSONText.encode(resource))
        return (verdict(answer), answer["Azure-AsyncOperation"])
    }

    func delete(_ path: ResourcePath, as headers: WriteHeaders) async throws -> Verdict {
        verdict(try await send(.delete, path, headers: headers.fields))
    }
}

/// Keys, tokens and logs of an endpoint.
extension AzureClient {
    package func keys(of endpoint: Name) async throws -> EndpointKeys {
        let path = ResourcePath(workspace, endpoint: endpoint, "listKeys")
        return try decode(EndpointKeys.self, try await send(.post, path))
    }

    package func regenerate(_ key: RegenerateKeysRequest.KeyType, of endpoint: Name) async throws {
        let path = ResourcePath(workspace, endpoint: endpoint, "regenerateKeys")
        let body = try JSONText.encode(RegenerateKeysRequest(keyType: key))
        switch verdict(try await send(.post, path, body: body)) {
        case .done: return
        case .missing(let error), .changedMeanwhile(let error), .failed(let error): throw error
        }
    }

    package func token(of endpoint: Name) async throws -> EndpointToken {
        try decode(EndpointToken.self, try await send(.post, ResourcePath(workspace, endpoint: endpoint, "token")))
    }

    func containerLog(of endpoint: Name, deployment: Name, tail: Int) async throws -> String {
        let path = ResourcePath(workspace, endpoint: endpoint, deployment: deployment, "getLogs")
        let body = try JSONText.encode(LogsRequest(containerType: .inferenceServer, tail: tail))
        return try decode(LogsResponse.self, try await send(.post, path, body: body)).content
    }

    /// Why the operation failed, in the server's words; `nil` if it did not fail or its status is no longer available.
    func failure(of operation: String) async throws -> ErrorDetail? {
        guard let answer = try await follow(operation), verdict(answer) == .done else { return nil }
        return try decode(OperationStatus.self, answer).error
    }
}

/// Reports that only the emulator provides.
extension AzureClient {
    func history(of endpoint: Name) async throws -> [HistoryEntry] {
        let path = ResourcePath(workspace, endpoint: endpoint, "turnout", "history")
        return try decode(ListResponse<HistoryEntry>.self, try await send(.get, path)).value
    }

    /// Notifies the emulator of a change that has no effect; `done` if the emulator has no objection.
    func consider(_ change: Change, of endpoint: Name, as headers: WriteHeaders) async throws -> Verdict {
        let path = ResourcePath(workspace, endpoint: endpoint, "turnout", "changes")
        return verdict(
            try await send(.post, path, headers: headers.fields, body: try JSONText.encode(change)))
    }

    func outcomes(of endpoint: Name, since cursor: Int?) async throws -> OutcomeReading {
        let path = ResourcePath(workspace, endpoint: endpoint, "turnout", "outcomes")
        let answer = try await send(.get, path, query: cursor.map { [("since", String($0))] } ?? [])
        if case .missing = verdict(answer) { return OutcomeReading(cursor: cursor ?? 0) }
        return try decode(OutcomeReading.self, answer)
    }

    func lines(of endpoint: Name, deployment: Name, tail: Int) async throws -> [LogLine] {
        let path = ResourcePath(workspace, endpoint: endpoint, deployment: deployment, "turnout", "logs")
        let answer = try await send(.get, path, query: [("tail", String(max(tail, 0)))])
        return try decode(ListResponse<LogLine>.self, answer).value
    }
}
