internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
internal import Rollouts

/// Changes, each as a resource that is read, altered and written back.
///
/// PUT replaces a resource as a whole, so that whoever sends only what they know takes away the traffic, tags and mirror
/// that they don't: the commonest complaint about `az ml` (AzureCompatibility.md).
extension AzureBackend {
    /// How often a resource that somebody else changes at the same time is read again.
    private static let tries = 5

    func write(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws {
        let headers = WriteHeaders(context, kind: change.headerKind)
        let path = ResourcePath(client.workspace, endpoint: endpoint)
        switch change {
        case .putEndpoint(let definition):
            let mapping = EndpointMapping(workspace: client.workspace)
            try await update(path, headers, reading: { try await self.client.endpoint(endpoint) }) { present in
                var resource = try mapping.resource(for: definition, over: present)
                resource.location = try await self.location(resource.location)
                return resource.asRequest
            }
        case .setTraffic(let traffic):
            try await updateEndpoint(endpoint, change, headers, as: context) { $0.traffic = traffic.wire }
        case .setMirrorTraffic(let traffic):
            try await updateEndpoint(endpoint, change, headers, as: context) { $0.mirrorTraffic = traffic.wire }
        case .putDeployment(let definition):
            let path = ResourcePath(client.workspace, endpoint: endpoint, deployment: definition.name)
            let assets = try await self.assets(for: definition)
            try await update(
                path, headers, reading: { try await self.client.deployment(definition.name, of: endpoint) }
            ) { present in
                if present == nil, try await self.client.endpoint(endpoint) == nil {
                    return try await self.refuse(change, on: endpoint, as: context)
                }
                var resource = try self.resource(for: definition, over: present, assets)
                resource.location = try await self.location(resource.location)
                return resource.asRequest
            }
        case .scale(let name, let count):
            let path = ResourcePath(client.workspace, endpoint: endpoint, deployment: name)
            try await update(path, headers, reading: { try await self.client.deployment(name, of: endpoint) }) {
                guard var resource = $0 else { return try await self.refuse(change, on: endpoint, as: context) }
                resource.sku = resource.sku ?? SKU(name: "Default")
                resource.sku?.capacity = count
                return resource.asRequest
            }
        case .deleteDeployment(let name):
            try await delete(ResourcePath(client.workspace, endpoint: endpoint, deployment: name), headers)
        case .deleteEndpoint: try await delete(path, headers)
        }
    }

    private func updateEndpoint(
        _ endpoint: Name, _ change: Change, _ headers: WriteHeaders, as context: ChangeContext,
        _ alter: (inout EndpointProperties) -> Void
    ) async throws {
        let path = ResourcePath(client.workspace, endpoint: endpoint)
        try await update(path, headers, reading: { try await self.client.endpoint(endpoint) }) { present in
            guard var resource = present else { return try await self.refuse(change, on: endpoint, as: context) }
            alter(&resource.properties)
            return resource.asRequest
        }
    }

    /// Reads, alters and writes; again where somebody else wrote in between.
    ///
    /// Where `alter` has nothing to ask for, nothing is asked for.
    private func update<Resource: Encodable & Sendable>(
        _ path: ResourcePath, _ headers: WriteHeaders, reading read: () async throws -> Read<Resource>?,
        _ alter: (Resource?) async throws -> Resource?
    ) async throws {
        var last: BackendError?
        for _ in 0..<Self.tries {
            let present = try await read()
            guard let resource = try await alter(present?.resource) else { return }
            let (verdict, operation) = try await client.put(
                resource, at: path, etag: present?.etag, as: headers)
            switch verdict {
            case .done: return operations.keep(operation, of: path)
            case .missing(let error), .failed(let error): throw error
            case .changedMeanwhile(let error): last = error
            }
        }
        throw last
            ?? BackendError(.busy(retryAfter: .seconds(1)), "the endpoint is changed by somebody else all the time")
    }

    private func delete(_ path: ResourcePath, _ headers: WriteHeaders) async throws {
        switch try await client.delete(path, as: headers) {
        // What is not there need not be deleted.
        case .done, .missing: return
        case .changedMeanwhile(let error), .failed(let error): throw error
        }
    }

    /// Refuses a change of what is not there, in the rules' own words; nil where that is what it asks for.
    ///
    /// There is nothing to write to: the emulator is told of the change, so that its epoch counts there, too.
    private func refuse<Resource>(
        _ change: Change, on endpoint: Name, as context: ChangeContext
    ) async throws -> Resource? {
        if flavour == .emulator {
            let headers = WriteHeaders(context, kind: change.headerKind)
            let verdict = try await client.consider(change, of: endpoint, as: headers)
            if case .failed(let error) = verdict, error.code == .fenced { throw error }
        }
        let model = EndpointModel(kind: .managed, endpoint: try await snapshot(of: endpoint))
        if let violation = model.violation(of: change) { throw BackendError(.refused, violation.message) }
        return nil
    }

    /// A new resource stands where its workspace does.
    private func location(_ present: String?) async throws -> String {
        if let present { return present }
        return try await client.location() ?? "local"
    }
}

extension AzureClient {
    /// The region of the workspace; nil where it does not say.
    func location() async throws -> String? {
        struct Workspace: Decodable { var location: String? }
        return try decode(Workspace.self, try await send(.get, ResourcePath(workspace))).location
    }
}

extension EndpointResource {
    /// Without what only the server says.
    fileprivate var asRequest: EndpointResource {
        var request = self
        (request.id, request.type, request.kind, request.systemData) = (nil, nil, nil, nil)
        request.identity?.principalId = nil
        request.identity?.tenantId = nil
        request.properties.provisioningState = nil
        request.properties.scoringUri = nil
        request.properties.swaggerUri = nil
        request.properties.turnout = nil
        return request
    }
}

extension DeploymentResource {
    /// Without what only the server says.
    fileprivate var asRequest: DeploymentResource {
        var request = self
        (request.id, request.type, request.kind, request.systemData) = (nil, nil, nil, nil)
        request.properties.provisioningState = nil
        request.properties.turnout = nil
        return request
    }
}
