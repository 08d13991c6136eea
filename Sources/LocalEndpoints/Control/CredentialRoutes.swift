internal import AzureEndpoints
internal import Hummingbird

/// Routes for the keys and tokens of endpoints.
struct CredentialRoutes: Sendable {
    let plane: ControlPlane

    func add(to routes: inout RouteTable) {
        let registry = plane.registry
        routes.on(.post, EndpointRoutes.one + "/listKeys") { request in
            try .json(await registry.keys(of: request.endpoint), headers: [.cacheControl: "no-store"])
        }
        routes.on(.post, EndpointRoutes.one + "/regenerateKeys") { request in
            let wanted = try await request.json(RegenerateKeysRequest.self)
            try await registry.regenerate(wanted.keyType, as: wanted.keyValue, of: request.endpoint)
            return Response(status: .ok)
        }
        routes.on(.post, EndpointRoutes.one + "/token") { request in
            try .json(await registry.token(of: request.endpoint), headers: [.cacheControl: "no-store"])
        }
    }
}
