internal import AzureEndpoints
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Rollouts
internal import Synchronization

/// Authenticates requests, dispatches them to their routes, and answers every failure in ARM's format.
struct ControlResponder: HTTPResponder {
    typealias Context = ControlContext

    let routes: RouteTable
    let token: SecretDigest
    let logger: Logger
    /// The number of authorized requests so far.
    let requests = RequestCount()

    func respond(to request: Request, context: ControlContext) async throws -> Response {
        let identifier = Secrets.identifier()
        var response: Response
        do {
            response = try await answer(request, context)
        } catch let error as ControlError {
            response = error.response(context)
        } catch {
            logger.error(
                "a request failed",
                metadata: ["request": "\(identifier)", "path": "\(request.uri.path)", "error": "\(error)"])
            response = ControlError.internalError.response(context)
        }
        response.headers[ARMHeader.requestID] = identifier
        if let told = request.headers[ARMHeader.clientRequestID], told.utf8.count <= 128 {
            response.headers[ARMHeader.clientRequestID] = told
        }
        logger.debug(
            "answered",
            metadata: [
                "request": "\(identifier)", "method": "\(request.method)", "path": "\(request.uri.path)",
                "status": "\(response.status.code)",
            ])
        return request.method == .head ? response.withoutBody() : response
    }

    private func answer(_ request: Request, _ context: ControlContext) async throws -> Response {
        let match = routes.match(request.method, request.uri.path)
        let query = Dictionary(
            request.uri.queryParameters.map { (String($0.key), String($0.value)) },
            uniquingKeysWith: { _, last in last })
        // A blob's address carries its own signature, which the blob's route checks.
        let hasToken = isAuthorized(request.headers)
        guard BlobRoutes.isBlob(request.uri.path) || hasToken else {
            var error = ControlError(
                .unauthorized, "AuthenticationFailed",
                "the request has no bearer token, or a wrong one: the token is in the file 'token' next to ca.pem"
            )
            error.closesConnection = (request.headers[.contentLength].flatMap(Int.init) ?? 0) > ControlRequest.limit
            throw error
        }
        requests.add()
        switch match {
        case .none:
            throw ControlError(
                .notFound, "ResourceNotFound", "there is nothing at \(request.uri.path)")
        case .otherMethods(let methods):
            var error = ControlError(
                .methodNotAllowed, "MethodNotAllowed",
                "\(request.method) is not allowed here: use \(methods.map(\.rawValue).joined(separator: " or "))")
            error.allow = methods
            throw error
        case .handler(let handler, let parameters):
            return try await handler(
                ControlRequest(
                    method: request.method, parameters: parameters, headers: request.headers, query: query,
                    body: request.body, hasToken: hasToken, origin: "https://\(request.head.authority ?? "127.0.0.1")"))
        }
    }

    private func isAuthorized(_ headers: HTTPFields) -> Bool {
        guard let shown = headers[.authorization], shown.lowercased().hasPrefix("bearer ") else { return false }
        return token.matches(shown.dropFirst("bearer ".count))
    }
}

/// Counts the requests of the control plane.
final class RequestCount: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.wrappingAdd(1, ordering: .relaxed) }
}

/// The connection of a request.
struct ControlContext: InitializableFromSource {
    /// The channel; nil in tests, which have no connection.
    let channel: (any Channel)?

    init(source: ApplicationRequestContextSource) { channel = source.channel }

    init() { channel = nil }
}

extension ControlError {
    fileprivate func response(_ context: ControlContext) -> Response {
        // An error body contains only strings, so encoding cannot fail.
        let data = (try? JSONText.encode(answer)) ?? Data()
        var headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]
        headers[ARMHeader.errorCode] = code
        if let contentRange { headers[.contentRange] = contentRange }
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        if !allow.isEmpty { headers[.allow] = allow.map(\.rawValue).joined(separator: ", ") }
        guard closesConnection, let channel = context.channel else {
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: data)))
        }
        headers[.connection] = "close"
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: data.count) { writer in
                try await writer.write(ByteBuffer(bytes: data))
                try await writer.finish(nil)
                // Gives the client time to read the answer: closing at once would discard it with the unread data.
                channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
            })
    }
}

extension Response {
    /// The response to a HEAD request.
    fileprivate func withoutBody() -> Response {
        var response = createHeadResponse()
        response.headers[.contentLength] = headers[.contentLength]
        return response
    }

    /// A response with `value` as JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) throws
        -> Response
    {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try JSONText.encode(value))))
    }
}
