internal import AzureEndpoints
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Rollouts

/// A request to the control plane, with its path parsed.
struct ControlRequest: Sendable {
    var method: HTTPRequest.Method
    /// The decoded parameters of the path; names keep their case.
    var parameters: [String: String]
    var headers: HTTPFields
    var query: [String: String]
    var body: RequestBody
    /// Whether the request has the emulator's bearer token, without which only signed addresses can be used.
    var hasToken: Bool
    /// The origin under which the client reached the server: `https://HOST:PORT`.
    var origin: String

    /// The maximum size of a JSON body, in bytes.
    static let limit = 4 << 20
    /// The timeout for receiving a JSON body.
    static let patience = Duration.seconds(30)

    /// A parameter of the path; empty if the route's pattern does not have it.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    var endpoint: Name { Name(parameter("endpoint")) }
    var deployment: Name { Name(parameter("deployment")) }
    /// The workspace in the path; every workspace name leads to the same endpoints.
    var workspace: WorkspaceID {
        WorkspaceID(
            subscription: parameter("subscription"), resourceGroup: parameter("group"), name: parameter("workspace"))
    }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// The headers of Turnout's own client; nil for other clients.
    ///
    /// Throws if only some of the headers are present, because the change would not be fenced as intended.
    func writeHeaders() throws(ControlError) -> WriteHeaders? {
        let fields = WriteHeaders.Field.allCases.filter { $0 != .change }
        let present = fields.filter { header($0.rawValue) != nil }
        guard !present.isEmpty else { return nil }
        guard let read = WriteHeaders({ header($0) }) else {
            let names = fields.map(\.rawValue).joined(separator: ", ")
            throw .badArgument("the headers \(names) must be sent together and be valid", target: "turnout-key")
        }
        return read
    }

    /// Decodes the JSON body.
    func json<Body: Decodable>(_ type: Body.Type) async throws -> Body {
        try JSONBody.decode(type, from: try await bytes())
    }

    /// Decodes the JSON body like ``json(_:)``; nil if there is no body.
    func optionalJSON<Body: Decodable>(_ type: Body.Type) async throws -> Body? {
        let bytes = try await bytes()
        return bytes.isEmpty ? nil : try JSONBody.decode(type, from: bytes)
    }

    private func bytes() async throws -> Data {
        if let type = headers[.contentType]?.split(separator: ";").first?.lowercased().filter({ $0 != " " }),
            type != "application/json", !type.hasSuffix("+json")
        {
            throw ControlError(
                .unsupportedMediaType, "UnsupportedMediaType", "the content type is \(type): expected application/json",
                target: "Content-Type")
        }
        if let length = headers[.contentLength].flatMap(Int.init), length > Self.limit {
            throw ControlError.tooLarge(Self.limit)
        }
        let body = body
        return try await within(Self.patience) {
            var data = Data()
            for try await part in body {
                guard data.count + part.readableBytes <= Self.limit else { throw ControlError.tooLarge(Self.limit) }
                data.append(contentsOf: part.readableBytesView)
            }
            return data
        }
    }
}

extension ControlError {
    static func tooLarge(_ limit: Int) -> ControlError {
        var error = ControlError(
            .contentTooLarge, "RequestEntityTooLarge",
            "the body exceeds the limit of \(limit) bytes")
        error.closesConnection = true
        return error
    }

    static let tooSlow: ControlError = {
        var error = ControlError(.requestTimeout, "RequestTimeout", "the body did not arrive in time")
        error.closesConnection = true
        return error
    }()
}

/// Returns the result of `body`; throws status 408 if it takes longer than `limit`.
func within<Result: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() ?? nil else { throw ControlError.tooSlow }
        return result
    }
}
