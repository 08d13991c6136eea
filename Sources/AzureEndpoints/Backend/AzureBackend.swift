package import AssetFiles
internal import FoundationEssentials
package import RolloutEngine
package import Rollouts

/// Managed online endpoints accessed by the Azure ML REST API, in the cloud or in the local emulator.
package final class AzureBackend: Backend, Sendable {
    package enum Flavour: Hashable, Sendable {
        case cloud
        /// Records idempotency keys and epochs, and reports what the cloud does not: instances, outcomes and history.
        case emulator
    }

    package let client: AzureClient
    package let flavour: Flavour
    let callers: EndpointCallers
    let operations = LastOperations()
    let clock: any RunClock
    package let uploader: AssetUploader
    let codeHashes = CodeHashes()
    let properties: [String: String]

    /// Creates a backend.
    ///
    /// - Parameters:
    ///   - client: The client of the workspace that contains the endpoints.
    ///   - flavour: Whether the server is the cloud or the emulator.
    ///   - clock: The machine's clock.
    ///   - properties: Further properties of every deployment (``TurnoutProperty``), for the emulator.
    ///   - yaml: Reads the YAML files that assets refer to.
    package init(
        _ client: AzureClient, flavour: Flavour, clock: any RunClock = SystemClock(),
        properties: [String: String] = [:],
        yaml: @escaping YAMLReader = { _ in throw AssetProblem("YAML cannot be read here") }
    ) {
        self.client = client
        self.flavour = flavour
        self.clock = clock
        self.properties = properties
        uploader = AssetUploader(client, yaml: yaml)
        callers = EndpointCallers(client, clock: clock)
    }

    /// An emulator's changes take as long as its servers need to start, rather than the cloud's minutes.
    package static let pollIntervalOfEmulators = Interval.milliseconds(500)

    package func close() async { await client.close() }

    package var capabilities: Capabilities { Self.capabilities(of: flavour) }

    /// The capabilities of a backend of that flavour, before it is connected.
    package static func capabilities(of flavour: Flavour) -> Capabilities {
        Capabilities(
            name: flavour == .emulator ? "local" : "azure", kind: .managed, mirrorLimit: MirrorTrafficRule.limit,
            simulatesClients: flavour == .emulator, reportsOutcomes: flavour == .emulator,
            runsServers: flavour == .emulator)
    }

    package func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError) {
        try await unwrapped {
            do {
                try await self.write(change, to: endpoint, as: context)
            } catch let error as BackendError {
                throw await self.addingTimeLimit(error, change, of: endpoint)
            }
        }
    }

    package func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot? {
        try await unwrapped { try await self.snapshot(of: endpoint) }
    }

    package func invoke(
        _ endpoint: Name, deployment: Name?, _ request: InferenceRequest
    ) async throws -> InferenceResponse {
        try await callers.call(endpoint, deployment: deployment, request)
    }

    package func outcomes(of endpoint: Name, since cursor: Int?) async throws(BackendError) -> OutcomeReading {
        guard flavour == .emulator else { return OutcomeReading(cursor: cursor ?? 0) }
        return try await unwrapped { try await self.client.outcomes(of: endpoint, since: cursor) }
    }

    /// The last `tail` log lines.
    ///
    /// The cloud's container log has no timestamps: its lines get the time of the request.
    package func logs(of endpoint: Name, deployment: Name, tail: Int) async throws(BackendError) -> [LogLine] {
        try await unwrapped {
            guard self.flavour == .cloud else {
                return try await self.client.lines(of: endpoint, deployment: deployment, tail: tail)
            }
            let text = try await self.client.containerLog(of: endpoint, deployment: deployment, tail: tail)
            let now = self.clock.now()
            return text.split(whereSeparator: \.isNewline).suffix(max(tail, 0)).map {
                LogLine(at: now, text: String($0))
            }
        }
    }

    /// The request body that creates `definition` or updates the present resource to it.
    func resource(
        for definition: DeploymentDefinition, over present: DeploymentResource?, _ assets: DeploymentAssets
    ) throws(MappingProblem) -> DeploymentResource {
        var extras = properties
        extras[TurnoutProperty.contents] = definition.contents?.property
        return try DeploymentMapping(workspace: client.workspace)
            .resource(for: definition, over: present, extras: extras, assets: assets)
    }
}

/// Further operations, for commands.
extension AzureBackend {
    /// The names of the existing endpoints, sorted.
    package func endpoints() async throws(BackendError) -> [Name] {
        try await unwrapped { try await self.client.endpoints().compactMap(\.name).map { Name($0) }.sorted() }
    }

    /// The scoring URI for clients; `nil` if the endpoint does not exist or has no URI yet.
    package func scoringURI(of endpoint: Name) async throws(BackendError) -> String? {
        try await unwrapped { try await self.client.endpoint(endpoint)?.resource.properties.scoringUri }
    }

    package func keys(of endpoint: Name) async throws(BackendError) -> EndpointKeys {
        try await unwrapped { try await self.client.keys(of: endpoint) }
    }

    /// Replaces one of the keys and returns both.
    package func regenerate(
        _ key: RegenerateKeysRequest.KeyType, of endpoint: Name
    ) async throws(BackendError) -> EndpointKeys {
        try await unwrapped {
            try await self.client.regenerate(key, of: endpoint)
            return try await self.client.keys(of: endpoint)
        }
    }

    package func token(of endpoint: Name) async throws(BackendError) -> EndpointToken {
        try await unwrapped { try await self.client.token(of: endpoint) }
    }

    /// All changes that were requested of the endpoint, oldest first.
    ///
    /// The cloud has no such list.
    package func history(of endpoint: Name) async throws(BackendError) -> [HistoryEntry] {
        guard flavour == .emulator else {
            throw BackendError(
                .refused, "azure records no history of changes; see the workspace's activity log in Azure")
        }
        return try await unwrapped { try await self.client.history(of: endpoint) }
    }
}

extension AzureBackend {
    /// Runs `body` and throws its errors as ``BackendError``.
    func unwrapped<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws(BackendError) -> Result {
        do {
            return try await body()
        } catch let error as BackendError {
            throw error
        } catch let error as MappingProblem {
            throw BackendError(.refused, error.message)
        } catch is CancellationError {
            throw BackendError(.unavailable, "the request was cancelled")
        } catch {
            throw BackendError(.unavailable, "\(error)")
        }
    }
}
