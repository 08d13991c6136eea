internal import AzureEndpoints
internal import HTTPTypes
internal import Rollouts

/// An error response in ARM's format: an HTTP status, and a body with a code and a message.
struct ControlError: Error, Hashable, Sendable {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    /// The invalid member of the body, or the invalid header.
    var target: String?
    /// The number of seconds after which a retry may succeed.
    var retryAfter: Int?
    /// The methods that the path supports, for status 405.
    var allow: [HTTPRequest.Method] = []
    /// The `Content-Range` header, for status 416.
    var contentRange: String?
    /// Whether the connection closes after the answer, because the rest of the request is not read.
    var closesConnection = false

    init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, target: String? = nil, retryAfter: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.retryAfter = retryAfter
    }

    /// Converts a rule violation: 409 if waiting may help, otherwise 400.
    init(_ violation: Violation) {
        if violation.isTemporary {
            self.init(.conflict, "Conflict", violation.message, retryAfter: 1)
        } else {
            self.init(.badRequest, "BadArgument", violation.message, target: violation.rule)
        }
    }

    static func badArgument(_ message: String, target: String? = nil) -> ControlError {
        ControlError(.badRequest, "BadArgument", message, target: target)
    }

    static func notFound(_ message: String) -> ControlError { ControlError(.notFound, "ResourceNotFound", message) }

    static func noEndpoint(_ name: Name) -> ControlError { notFound("there is no endpoint \(name)") }

    static func noDeployment(_ name: Name, of endpoint: Name) -> ControlError {
        notFound("endpoint \(endpoint) has no deployment \(name)")
    }

    /// An internal error; the details are logged, not sent to the client.
    static let internalError = ControlError(
        .internalServerError, "InternalServerError", "the emulator failed to answer; see its log for the reason")

    var answer: ErrorResponse { ErrorResponse(code: code, message: message, target: target) }
}
