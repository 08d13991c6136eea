internal import AzureEndpoints
internal import Rollouts

/// One asynchronous operation: what a client polls until its change is so.
struct OperationRecord: Codable, Hashable, Sendable {
    /// `oe:WORKSPACE:GUID` of an endpoint, `od:…` of a deployment.
    var id: String
    var endpoint: Name
    /// Nil where it is about the endpoint itself.
    var deployment: Name?
    /// Deletes what it is about.
    var deletes: Bool
    var started: Timestamp
    var ended: Timestamp?
    var failure: DeploymentRecord.Failure?

    /// The status as ARM tells it.
    func status(at path: String, percent: Double) -> OperationStatus {
        OperationStatus(
            id: path, name: id, status: ended == nil ? "Updating" : failure == nil ? "Succeeded" : "Failed",
            startTime: started.description, endTime: ended?.description, percentComplete: ended == nil ? percent : 100,
            error: failure.map { ErrorDetail(code: $0.code, message: $0.message) })
    }
}
