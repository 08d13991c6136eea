internal import AzureEndpoints
internal import Hummingbird
internal import RolloutEngine
internal import Rollouts

/// Routes that list, read, create, replace, update and delete deployments, and read their sizes and logs.
struct DeploymentRoutes: Sendable {
    let plane: ControlPlane

    private static let list = EndpointRoutes.one + "/deployments"
    static let one = list + "/{deployment}"
    /// The maximum number of log lines in an answer.
    static let linesLimit = 10_000

    func add(to routes: inout RouteTable) {
        let registry = plane.registry
        routes.on(.get, Self.list) { request in
            try .json(ListResponse(await registry.deployments(of: request.endpoint, in: request.workspace)))
        }
        routes.on(.get, Self.one) { request in try await answer(request) }
        routes.on(.put, Self.one) { request in
            let body = try await request.json(DeploymentResource.self)
            let acceptance = try await registry.putDeployment(
                request.deployment, of: request.endpoint, body, as: request.write())
            return try await answer(request, acceptance)
        }
        routes.on(.patch, Self.one) { request in
            let patch = try await request.json(Value.self)
            let acceptance = try await registry.patchDeployment(
                request.deployment, of: request.endpoint, patch, as: request.write())
            return try await answer(request, acceptance)
        }
        routes.on(.delete, Self.one) { request in
            request.deletion(
                try await registry.deleteDeployment(request.deployment, of: request.endpoint, as: request.write()))
        }
        routes.on(.get, Self.one + "/skus") { request in
            _ = try await registry.deployment(request.deployment, of: request.endpoint, in: request.workspace)
            return try .json(ListResponse([Size.standard]))
        }
        routes.on(.post, Self.one + "/getLogs") { request in
            let wanted = try await request.optionalJSON(LogsRequest.self)
            let lines = try await registry.lines(
                of: request.endpoint, deployment: request.deployment,
                tail: min(max(wanted?.tail ?? 5000, 0), Self.linesLimit))
            return try .json(LogsResponse(content: Self.text(lines, of: wanted?.containerType)))
        }
    }

    private func answer(_ request: ControlRequest, _ acceptance: Acceptance? = nil) async throws -> Response {
        let (resource, etag) = try await plane.registry.deployment(
            request.deployment, of: request.endpoint, in: request.workspace)
        return try request.resource(resource, etag: etag, acceptance, location: resource.id)
    }

    /// Formats log lines as `TIME [INSTANCE] TEXT`.
    ///
    /// Lines without an instance come from the platform and are returned for the storage initializer too.
    private static func text(_ lines: [LogLine], of container: LogsRequest.Container?) -> String {
        let isInitializer = container == .storageInitializer
        let asked = isInitializer ? lines.filter { [nil, LogLine.storageInitializer].contains($0.instance) } : lines
        return asked.map { "\($0.at) [\($0.instance ?? "platform")] \($0.text)\n" }.joined()
    }

    private struct Size: Codable, Hashable, Sendable {
        var resourceType: String
        var sku: SKU
        var capacity: Capacity

        struct Capacity: Codable, Hashable, Sendable {
            var minimum: Int
            var maximum: Int
            var `default`: Int
            var scaleType: String
        }

        static let standard = Size(
            resourceType: DeploymentResource.typeName, sku: SKU(name: "Default", tier: "Standard"),
            capacity: .init(minimum: 1, maximum: InstanceLimitRule.limit, default: 1, scaleType: "Manual"))
    }
}
