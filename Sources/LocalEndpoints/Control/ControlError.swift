internal import AzureEndpoints
internal import HTTPTypes
internal import Rollouts

/// A refusal in ARM's shape: HTTP status, and a body with a code and a sentence.
struct ControlError: Error, Hashable, Sendable {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    /// The member of the body, or the header, that is wrong.
    var target: String?
    /// Seconds until asking again may help.
    var retryAfter: Int?
    /// The methods that the path takes, of a 405.
    var allow: [HTTPRequest.Method] = []
    /// How long the thing is, of a 416.
    var contentRange: String?
    /// The rest of the request is not read: the connection ends with the answer.
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

    /// A rule was broken: 409 where waiting may help, else 400.
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

    /// Something of ours went wrong; what exactly is logged, not told.
    static let internalError = ControlError(
        .internalServerError, "InternalServerError", "the emulator failed to answer; see its log for the reason")

    var answer: ErrorAnswer { ErrorAnswer(code: code, message: message, target: target) }
}
