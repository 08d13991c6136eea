internal import FoundationEssentials
internal import HTTPTransport
internal import RolloutEngine
internal import Rollouts

/// Each change reads a resource, modifies it and writes it back.
///
/// PUT replaces a whole resource. A client that sends only the members that it uses would remove the traffic, tags and
/// mirror traffic that others set: the most common complaint about `az ml` (AzureCompatibility.md).
extension AzureBackend {
    /// The maximum number of attempts if another client keeps changing the resource.
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

    /// Reads, modifies and writes a resource, again if another client wrote in between.
    ///
    /// If `alter` returns `nil`, no request is sent.
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
            ?? BackendError(.busy(retryAfter: .seconds(1)), "another client keeps changing the endpoint")
    }

    private func delete(_ path: ResourcePath, _ headers: WriteHeaders) async throws {
        switch try await client.delete(path, as: headers) {
        // A resource that does not exist need not be deleted.
        case .done, .missing: return
        case .changedMeanwhile(let error), .failed(let error): throw error
        }
    }

    /// Refuses a change of a resource that does not exist, with the rules' message; `nil` if the change requires
    /// nothing.
    ///
    /// No resource is written. The emulator is notified of the change, so that it records the change's epoch.
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

    /// The region of a resource.
    ///
    /// A new resource is created in its workspace's region.
    private func location(_ present: String?) async throws -> String {
        if let present { return present }
        return try await client.location() ?? "local"
    }
}

extension AzureClient {
    /// The region of the workspace; `nil` if the server does not report it.
    func location() async throws -> String? {
        struct Workspace: Decodable { var location: String? }
        return try decode(Workspace.self, try await send(.get, ResourcePath(workspace))).location
    }
}

extension EndpointResource {
    /// The resource without the members that only the server sets.
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
    /// The resource without the members that only the server sets.
    fileprivate var asRequest: DeploymentResource {
        var request = self
        (request.id, request.type, request.kind, request.systemData) = (nil, nil, nil, nil)
        request.properties.provisioningState = nil
        request.properties.turnout = nil
        return request
    }
}
