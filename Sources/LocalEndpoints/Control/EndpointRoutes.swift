internal import AzureEndpoints
internal import HTTPTypes
internal import Hummingbird
internal import Rollouts
internal import Support

/// Routes that list, read, create, replace, update and delete endpoints.
struct EndpointRoutes: Sendable {
    let plane: ControlPlane

    private static let list = ControlPlane.workspace + "/onlineEndpoints"
    static let one = list + "/{endpoint}"

    func add(to routes: inout RouteTable) {
        let registry = plane.registry
        let dataOrigin = plane.dataOrigin
        routes.on(.get, Self.list) { request in
            try .json(ListResponse(await registry.endpoints(in: request.workspace, dataOrigin: dataOrigin)))
        }
        routes.on(.get, Self.one) { request in try await answer(request) }
        routes.on(.put, Self.one) { request in
            let body = try await request.json(EndpointResource.self)
            let isNew = await !registry.has(request.endpoint)
            let acceptance = try await registry.putEndpoint(request.endpoint, body, as: request.write())
            return try await answer(request, acceptance, isNew: isNew)
        }
        routes.on(.patch, Self.one) { request in
            let patch = try await request.json(Value.self)
            let acceptance = try await registry.patchEndpoint(request.endpoint, patch, as: request.write())
            return try await answer(request, acceptance, isNew: false)
        }
        routes.on(.delete, Self.one) { request in
            request.deletion(try await registry.deleteEndpoint(request.endpoint, as: request.write()))
        }
    }

    /// Answers with the present endpoint, and with the operation to poll if one was started.
    private func answer(_ request: ControlRequest, _ acceptance: Acceptance? = nil, isNew: Bool = false) async throws
        -> Response
    {
        let (resource, etag) = try await plane.registry.endpoint(
            request.endpoint, in: request.workspace, dataOrigin: plane.dataOrigin)
        return try request.resource(resource, etag: etag, acceptance, location: resource.id)
    }
}

extension ControlRequest {
    /// Answers a read (200) or a write (201, with the operation to poll) with the resource.
    ///
    /// Azure answers every PUT with 201, even one that only moves traffic. A PATCH is answered with 200.
    func resource(_ resource: some Encodable, etag: String, _ acceptance: Acceptance?, location: String?) throws
        -> Response
    {
        var headers: HTTPFields = [.eTag: etag]
        guard let operation = acceptance?.operation else { return try .json(resource, headers: headers) }
        headers[ARMHeader.asyncOperation] = OperationRoutes.status(of: operation, self)
        headers[ARMHeader.operationTimeout] = "PT30M"
        headers[.location] = location.map { origin + $0 + apiVersion }
        headers[.retryAfter] = "1"
        return try .json(resource, status: method == .patch ? .ok : .created, headers: headers)
    }

    /// Answers a DELETE: 202 with the operation to poll, or 204 if there was nothing to delete.
    func deletion(_ acceptance: Acceptance) -> Response {
        guard let operation = acceptance.operation else { return Response(status: .noContent) }
        var headers: HTTPFields = [.retryAfter: "1"]
        headers[ARMHeader.asyncOperation] = OperationRoutes.status(of: operation, self)
        headers[ARMHeader.operationTimeout] = "PT30M"
        headers[.location] = OperationRoutes.result(of: operation, self)
        return Response(status: .accepted, headers: headers)
    }

    /// The request's `api-version`, as the query of addresses in answers.
    var apiVersion: String { query["api-version"].map { "?api-version=" + PercentEncoding.encoded($0) } ?? "" }
}

extension EndpointRegistry {
    func has(_ endpoint: Name) -> Bool { records[endpoint] != nil }
}
