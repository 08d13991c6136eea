internal import NIOHTTP1

/// An answer of the platform itself: a status, and an error body in Azure's form.
struct PlatformAnswer: Error, Hashable, Sendable {
    var status: Int
    var phrase: String
    var code: String
    var message: String
    /// Additional header lines, each including its line end.
    var lines: String = ""
    /// Whether the connection must be closed, because the bytes that follow cannot be relied on to be a request.
    var closes = false

    static let unauthorized = PlatformAnswer(
        status: 401, phrase: "Unauthorized", code: "Unauthorized",
        message: "The key or token is missing, wrong or expired.", lines: "www-authenticate: Bearer\r\n")
    static let notFound = PlatformAnswer(
        status: 404, phrase: "Not Found", code: "NotFound", message: "There is nothing at this path.")
    static let noTraffic = PlatformAnswer(
        status: 404, phrase: "Not Found", code: "NotFound",
        message: "The endpoint has no deployment with a positive traffic weight.")
    static func noDeployment(_ name: String) -> PlatformAnswer {
        PlatformAnswer(
            status: 404, phrase: "Not Found", code: "NotFound",
            message: "The endpoint has no deployment \(name.prefix(64)).")
    }
    static func wrongMethod(allowed methods: [HTTPMethod]) -> PlatformAnswer {
        let allowed = methods.map(\.rawValue).joined(separator: ", ")
        return PlatformAnswer(
            status: 405, phrase: "Method Not Allowed", code: "MethodNotAllowed",
            message: "This path accepts only \(allowed).", lines: "allow: \(allowed)\r\n")
    }
    static let timedOut = PlatformAnswer(
        status: 408, phrase: "Request Timeout", code: "RequestTimeout",
        message: "The model took longer than the deployment's request timeout.")
    static let slowBody = PlatformAnswer(
        status: 408, phrase: "Request Timeout", code: "RequestTimeout",
        message: "The request's body arrived too slowly.", closes: true)
    static func tooLarge(limit: Int) -> PlatformAnswer {
        PlatformAnswer(
            status: 413, phrase: "Content Too Large", code: "PayloadTooLarge",
            message: "A request's body must not exceed \(limit) bytes.", closes: true)
    }
    static let tooMany = PlatformAnswer(
        status: 429, phrase: "Too Many Requests", code: "TooManyRequests",
        message: "The deployment has reached its limit of requests in flight.", lines: "retry-after: 1\r\n")
    static let waitedTooLong = PlatformAnswer(
        status: 429, phrase: "Too Many Requests", code: "TooManyRequests",
        message: "No instance became free within the deployment's maximum queue wait.", lines: "retry-after: 1\r\n")
    static let outOfMemory = PlatformAnswer(
        status: 429, phrase: "Too Many Requests", code: "TooManyRequests",
        message: "Too many large request bodies are being received.", lines: "retry-after: 1\r\n", closes: true)
    static let noInstanceReady = PlatformAnswer(
        status: 500, phrase: "Internal Server Error", code: "InternalServerError",
        message: "No instance of the deployment is ready.")
    static let unreachable = PlatformAnswer(
        status: 500, phrase: "Internal Server Error", code: "InternalServerError",
        message: "The deployment's instances could not be reached.")
    static let brokenAnswer = PlatformAnswer(
        status: 500, phrase: "Internal Server Error", code: "InternalServerError",
        message: "The instance's answer was cut off or is not valid HTTP.")
    static func malformed(_ what: String) -> PlatformAnswer {
        PlatformAnswer(status: 400, phrase: "Bad Request", code: "BadRequest", message: what, closes: true)
    }
    static let largeHead = PlatformAnswer(
        status: 431, phrase: "Request Header Fields Too Large", code: "HeaderFieldsTooLarge",
        message: "The request's header fields are too long.", closes: true)
    static let wrongVersion = PlatformAnswer(
        status: 505, phrase: "HTTP Version Not Supported", code: "HTTPVersionNotSupported",
        message: "This server supports only HTTP/1.0 and HTTP/1.1.", closes: true)
    static let transferCoding = PlatformAnswer(
        status: 501, phrase: "Not Implemented", code: "NotImplemented",
        message: "The only supported transfer coding is chunked.", closes: true)
    static let expectation = PlatformAnswer(
        status: 417, phrase: "Expectation Failed", code: "ExpectationFailed",
        message: "The only supported expectation is 100-continue.", closes: true)
}

extension PlatformAnswer {
    /// The error body, as in Azure's control plane: `{"error": {"code": …, "message": …}}`.
    var body: String {
        #"{"error":{"code":"\#(code)","message":"\#(message.jsonEscaped)"}}"#
    }
}

extension String {
    /// The string escaped for use within a JSON string's quotes.
    var jsonEscaped: String {
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
