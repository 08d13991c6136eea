package import AssetFiles
internal import FoundationEssentials
package import RolloutEngine
package import Rollouts

/// Managed online endpoints behind the Azure ML REST API: those of the cloud, or of the emulator on this machine.
package final class AzureBackend: Backend, Sendable {
    package enum Flavour: Hashable, Sendable {
        case cloud
        /// Keeps idempotency keys and epochs, and tells what the cloud does not: instances, outcomes, history.
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

    /// - Parameters:
    ///   - client: Speaks to the workspace that the endpoints are in.
    ///   - flavour: Whose answers they are.
    ///   - clock: The machine's.
    ///   - properties: Further properties of every deployment (``TurnoutProperty``), for the emulator.
    ///   - yaml: Reads files that assets name.
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

    /// An emulator's changes take as long as its servers need to start, not the cloud's minutes.
    package static let pollIntervalOfEmulators = Interval.milliseconds(500)

    package func close() async { await client.close() }

    package var capabilities: Capabilities { Self.capabilities(of: flavour) }

    /// What a backend of that flavour can do, before there is one.
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
                throw await self.sayingHowLong(error, change, of: endpoint)
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

    /// Of the cloud, the text of its containers: lines without times of their own have that of the reading.
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

    /// The body that makes `definition` so.
    func resource(
        for definition: DeploymentDefinition, over present: DeploymentResource?, _ assets: DeploymentAssets
    ) throws(MappingProblem) -> DeploymentResource {
        var extras = properties
        extras[TurnoutProperty.contents] = definition.contents?.property
        return try DeploymentMapping(workspace: client.workspace)
            .resource(for: definition, over: present, extras: extras, assets: assets)
    }
}

/// What commands ask of it besides.
extension AzureBackend {
    /// The endpoints that exist, by name.
    package func endpoints() async throws(BackendError) -> [Name] {
        try await unwrapped { try await self.client.endpoints().compactMap(\.name).map { Name($0) }.sorted() }
    }

    /// Where clients send their requests; nil where there is no endpoint, or it is not there yet.
    package func scoringURI(of endpoint: Name) async throws(BackendError) -> String? {
        try await unwrapped { try await self.client.endpoint(endpoint)?.resource.properties.scoringUri }
    }

    package func keys(of endpoint: Name) async throws(BackendError) -> EndpointKeys {
        try await unwrapped { try await self.client.keys(of: endpoint) }
    }

    /// Replaces one of the keys, and returns both.
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

    /// Everything that was asked of the endpoint, oldest first; the cloud keeps no such list.
    package func history(of endpoint: Name) async throws(BackendError) -> [HistoryEntry] {
        guard flavour == .emulator else {
            throw BackendError(.refused, "azure keeps no history of changes; see the workspace's activity log")
        }
        return try await unwrapped { try await self.client.history(of: endpoint) }
    }
}

extension AzureBackend {
    /// Whatever goes wrong as ``BackendError``.
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
