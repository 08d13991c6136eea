internal import AzureEndpoints
internal import HTTPTypes
internal import Hummingbird
internal import Support

/// Routes that report the progress and results of asynchronous operations.
struct OperationRoutes: Sendable {
    let plane: ControlPlane

    private static let location =
        "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"

    func add(to routes: inout RouteTable) {
        let registry = plane.registry
        routes.on(.get, Self.location + "/mfeOperationsStatus/{operation}") { request in
            let operation = try await registry.operation(request.parameter("operation"))
            let path = Self.path("mfeOperationsStatus", operation, request)
            let headers: HTTPFields = operation.ended == nil ? [.retryAfter: "1"] : [:]
            return try .json(
                operation.status(at: path, percent: await registry.percent(of: operation)), headers: headers)
        }
        routes.on(.get, Self.location + "/mfeOperationResults/{operation}") { request in
            let operation = try await registry.operation(request.parameter("operation"))
            guard operation.ended != nil else {
                return Response(
                    status: .accepted,
                    headers: [.retryAfter: "1", .location: Self.result(of: operation, request)])
            }
            if let failure = operation.failure {
                throw ControlError(.badRequest, failure.code, failure.message)
            }
            return Response(status: .noContent)
        }
    }

    static func status(of operation: OperationRecord, _ request: ControlRequest) -> String {
        request.origin + path("mfeOperationsStatus", operation, request) + request.apiVersion
    }

    static func result(of operation: OperationRecord, _ request: ControlRequest) -> String {
        request.origin + path("mfeOperationResults", operation, request) + request.apiVersion
    }

    private static func path(_ kind: String, _ operation: OperationRecord, _ request: ControlRequest) -> String {
        let subscription = PercentEncoding.encoded(request.parameter("subscription"))
        let provider = "Microsoft.MachineLearningServices/locations/\(EndpointResource.defaultLocation)"
        // Azure's IDs contain colons, which RFC 3986 allows in a path.
        let id = operation.id.split(separator: ":").map { PercentEncoding.encoded(String($0)) }.joined(separator: ":")
        return "/subscriptions/\(subscription)/providers/\(provider)/\(kind)/\(id)"
    }
}
