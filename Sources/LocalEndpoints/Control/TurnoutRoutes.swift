internal import AzureEndpoints
internal import Hummingbird
internal import Rollouts

/// Routes for Turnout's own client that the cloud does not have.
struct TurnoutRoutes: Sendable {
    let plane: ControlPlane

    func add(to routes: inout RouteTable) {
        let registry = plane.registry
        routes.on(.get, EndpointRoutes.one + "/turnout/history") { request in
            try .json(ListResponse(await registry.history(of: request.endpoint)))
        }
        routes.on(.post, EndpointRoutes.one + "/turnout/changes") { request in
            try await registry.consider(
                try await request.json(Change.self), of: request.endpoint, as: request.write())
            return Response(status: .ok)
        }
        routes.on(.get, EndpointRoutes.one + "/turnout/outcomes") { request in
            let since = try request.number("since")
            return try .json(await registry.outcomes(of: request.endpoint, since: since))
        }
        routes.on(.get, DeploymentRoutes.one + "/turnout/logs") { request in
            let tail = try request.number("tail") ?? 100
            let lines = try await registry.lines(
                of: request.endpoint, deployment: request.deployment,
                tail: min(max(tail, 0), DeploymentRoutes.linesLimit))
            return try .json(ListResponse(lines))
        }
    }
}

extension ControlRequest {
    /// An integer in the query; nil if it is missing.
    func number(_ name: String) throws(ControlError) -> Int? {
        guard let text = query[name] else { return nil }
        guard let number = Int(text) else {
            throw .badArgument("\(name) is '\(text)': expected an integer", target: name)
        }
        return number
    }
}
