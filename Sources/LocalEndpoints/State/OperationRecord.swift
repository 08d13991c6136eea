internal import AzureEndpoints
internal import Rollouts

/// An asynchronous operation, which a client polls until its change is complete.
struct OperationRecord: Codable, Hashable, Sendable {
    /// `oe:WORKSPACE:GUID` for an endpoint, `od:WORKSPACE:GUID` for a deployment.
    var id: String
    var endpoint: Name
    /// The deployment; nil for an operation on the endpoint itself.
    var deployment: Name?
    /// Whether the operation deletes the endpoint or deployment.
    var deletes: Bool
    var started: Timestamp
    var ended: Timestamp?
    var failure: DeploymentRecord.Failure?

    /// The status in ARM's format.
    func status(at path: String, percent: Double) -> OperationStatus {
        OperationStatus(
            id: path, name: id, status: ended == nil ? "Updating" : failure == nil ? "Succeeded" : "Failed",
            startTime: started.description, endTime: ended?.description, percentComplete: ended == nil ? percent : 100,
            error: failure.map { ErrorDetail(code: $0.code, message: $0.message) })
    }
}
