internal import AzureEndpoints
internal import HTTPTypes
internal import Rollouts

/// Who asks for a change, and under which condition.
struct WriteRequest: Sendable {
    /// Nil where the client is not Turnout's.
    var headers: WriteHeaders?
    /// The client's `If-Match`.
    var ifMatch: String?
    /// The workspace by the name that the client calls it.
    var workspace: WorkspaceID
}

/// What became of a request that was not refused.
struct Acceptance: Sendable {
    /// What to poll; nil where there is nothing to wait for.
    var operation: OperationRecord?
    /// The same request had been accepted before.
    var isRepeated = false
    /// There was nothing to delete.
    var isMissing = false
}

extension EndpointRecord {
    var etag: String { "\"\(incarnation.prefix(8))-\(revision)\"" }
}

extension DeploymentRecord {
    var etag: String { "\"\(incarnation.prefix(8))-\(revision)\"" }
}

extension WriteRequest {
    /// Refuses a change of another state than the client saw (RFC 9110, 13.1.1); nil stands for what isn't there.
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
