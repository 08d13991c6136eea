internal import AzureEndpoints
internal import HTTPTypes
internal import Rollouts

/// The sender and the precondition of a write.
struct WriteRequest: Sendable {
    /// The headers of Turnout's own client; nil for other clients.
    var headers: WriteHeaders?
    /// The client's `If-Match`.
    var ifMatch: String?
    /// The workspace under the name that the client uses.
    var workspace: WorkspaceID
}

/// The result of an accepted request.
struct Acceptance: Sendable {
    /// The operation to poll; nil if there is nothing to wait for.
    var operation: OperationRecord?
    /// Whether the same request had already been accepted.
    var isRepeated = false
    /// Whether the resource to delete does not exist.
    var isMissing = false
}

extension EndpointRecord {
    var etag: String { "\"\(incarnation.prefix(8))-\(revision)\"" }
}

extension DeploymentRecord {
    var etag: String { "\"\(incarnation.prefix(8))-\(revision)\"" }
}

extension WriteRequest {
    /// Throws if `If-Match` does not match `etag` (RFC 9110, 13.1.1); nil stands for a resource that does not exist.
    func requireMatch(_ etag: String?) throws(ControlError) {
        guard let ifMatch else { return }
        let wanted = ifMatch.split(separator: ",").map { $0.filter { $0 != " " } }
        guard let etag, wanted.contains("*") || wanted.contains(etag) else {
            throw ControlError(
                .preconditionFailed, "PreconditionFailed",
                "the resource has changed since it was read: read it again, then retry", target: "If-Match")
        }
    }
}
