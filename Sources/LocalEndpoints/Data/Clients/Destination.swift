internal import NIOCore
internal import NIOHTTP1
internal import Rollouts

/// The destination of a request.
enum Destination {
    case model(ModelDestination)
    case page(Page)

    /// A page that the data plane serves itself.
    enum Page {
        case metrics, health, readiness
    }
}

/// The deployment chosen for a request, and the shadow that gets a copy.
struct ModelDestination {
    var kind: IncomingRequest.Kind
    var endpoint: CompiledEndpoint
    var deployment: CompiledDeployment
    var shadow: CompiledDeployment?
    /// Whether the request selected the deployment by name.
    var isNamed = false
    /// The path below the endpoint; `nil` for the scoring route, wherever the server has it.
    var path: Substring?
    /// The query including its question mark; empty if there is none.
    var query: Substring = ""

    /// The path as shown in the deployment's log.
    var loggedPath: Substring { path?.prefix(200) ?? "/score" }
}

extension ServerRoutes {
    /// The methods that reach the server at this route; empty if the route does not exist, `nil` if all methods do.
    fileprivate func methods(of target: RequestTarget) -> [HTTPMethod]? {
        switch (self, target.route) {
        case (.all, _): nil
        case (.inferenceServer, .score): [.POST, .GET, .HEAD, .OPTIONS]
        case (.inferenceServer, .swagger): [.GET, .HEAD, .OPTIONS]
        case (.inferenceServer, _): target.path == "/" ? [.GET, .HEAD, .OPTIONS] : []
        case (.scoring, .score): [.POST]
        case (.scoring, .swagger): [.GET]
        case (.scoring, _): []
        }
    }
}

extension CompiledTable {
    /// Chooses the destination of a request, or throws the answer that explains why there is none.
    func destination(of head: HTTPRequestHead, _ facts: RequestFacts, draw: UInt64) throws(PlatformAnswer)
        -> Destination
    {
        let target = RequestTarget(uri: head.uri)
        switch target.route {
        case .score, .swagger, .other:
            var destination = try model(target, isSwagger: head.method == .GET, facts, draw: draw)
            if let methods = destination.deployment.routes.methods(of: target) {
                guard !methods.isEmpty else { throw .notFound }
                guard methods.contains(head.method) else { throw .wrongMethod(allowed: methods) }
            } else if head.method == .TRACE || head.method == .CONNECT {
                throw .wrongMethod(allowed: [.GET, .HEAD, .POST, .PUT, .PATCH, .DELETE, .OPTIONS])
            }
            // Requests that do not invoke the model are not mirrored.
            if head.method == .OPTIONS || head.method == .HEAD { destination.shadow = nil }
            return .model(destination)
        case .metrics: return .page(try Self.page(.metrics, head))
        case .health: return .page(try Self.page(.health, head))
        case .readiness: return .page(try Self.page(.readiness, head))
        case .unknown: throw .notFound
        }
    }

    private static func page(_ page: Destination.Page, _ head: HTTPRequestHead) throws(PlatformAnswer)
        -> Destination.Page
    {
        guard head.method == .GET || head.method == .HEAD else { throw .wrongMethod(allowed: [.GET, .HEAD]) }
        return page
    }

    private func model(_ target: RequestTarget, isSwagger: Bool, _ facts: RequestFacts, draw: UInt64)
        throws(PlatformAnswer) -> ModelDestination
    {
        let endpoint = try authenticated(facts, wanted: target.endpoint)
        let kind: IncomingRequest.Kind = isSwagger && target.route == .swagger ? .swagger : .score
        let path = target.route == .score ? nil : target.path
        if let name = facts.deployment {
            guard let deployment = endpoint.deployment(name) else { throw .noDeployment(name) }
            return ModelDestination(
                kind: kind, endpoint: endpoint, deployment: deployment, shadow: nil, isNamed: true, path: path,
                query: target.query)
        }
        guard let (deployment, shadow) = endpoint.choose(draw) else { throw .noTraffic }
        return ModelDestination(
            kind: kind, endpoint: endpoint, deployment: deployment, shadow: kind == .score ? shadow : nil, path: path,
            query: target.query)
    }

    /// The endpoint named by the request's path or host, or else the one that its credential belongs to.
    ///
    /// A credential of another endpoint is rejected like a missing one.
    private func authenticated(_ facts: RequestFacts, wanted name: Substring?) throws(PlatformAnswer)
        -> CompiledEndpoint
    {
        var wanted: Int?
        if let name {
            guard let index = index(of: name) else { throw .unauthorized }
            wanted = index
        } else if let label = facts.host.flatMap(Self.firstLabel) {
            wanted = index(of: label)
        }
        guard let authorization = facts.authorization else { throw .unauthorized }
        let found = authorization.withSecret { endpoint(for: $0, wanted: wanted, clock: { WallClock.now }) }
        guard let endpoint = found.flatMap({ $0 }) else { throw .unauthorized }
        return endpoint
    }

    /// `NAME` of `NAME.…`, if it can be the name of an endpoint.
    private static func firstLabel(of host: String) -> Substring? {
        guard let first = host.utf8.first, first | 0x20 >= UInt8(ascii: "a"), first | 0x20 <= UInt8(ascii: "z") else {
            return nil
        }
        return host.firstIndex(of: ".").map { host[..<$0] }
    }
}

extension String {
    /// Calls `body` with the bytes after `Bearer`; returns `nil` if the scheme is a different one.
    fileprivate func withSecret<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        let scheme: StaticString = "bearer "
        return withBytes { text in
            let text = UnsafeRawBufferPointer(text)
            guard text.starts(withIgnoringCase: scheme), text.count > scheme.utf8CodeUnitCount else { return nil }
            var start = scheme.utf8CodeUnitCount
            while start < text.count, text[start] == UInt8(ascii: " ") { start += 1 }
            return body(UnsafeRawBufferPointer(rebasing: text[start...]))
        }
    }
}
