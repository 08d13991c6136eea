internal import RolloutEngine
internal import Rollouts

/// The longest time for which a deployment that does not become ready blocks further changes in the cloud.
///
/// A change in progress cannot be cancelled: the cloud refuses others until it times out (AzureCompatibility.md).
struct ChangeLimit {
    /// The value of `x-ms-async-operation-timeout` for every change: PT30M.
    static let operation = Interval.minutes(30)

    var name: Name
    var state: ProvisioningState
    /// The longest time in which a started server may become ready.
    var readiness: Interval
    /// The start of the change; `nil` if the cloud does not report it.
    var begun: Timestamp?

    /// Fails if no change of the deployment is in progress.
    init?(_ name: Name, _ deployment: DeploymentResource) {
        guard let state = deployment.properties.provisioningState, state.isBusy else { return nil }
        self.name = name
        self.state = state
        let probe = deployment.properties.readinessProbe
        readiness =
            (probe?.initialDelay?.interval ?? .seconds(10))
            + (probe?.period?.interval ?? .seconds(10)) * Int64(probe?.failureThreshold ?? 30)
            + (probe?.timeout?.interval ?? .seconds(2))
        begun = deployment.systemData?.lastModifiedAt.flatMap { Timestamp(rfc3339: $0) }
    }

    /// A clause that follows the cloud's own message.
    func words(at now: Timestamp) -> String {
        let limit = begun.map { begun in
            let end = begun + Self.operation
            return now < end
                ? "at \(end.zoned) at the latest (in \((end - now).short))"
                : "\(Self.operation) after its start, which was due \((now - end).short) ago"
        }
        return "deployment \(name) is \(state.rawValue)"
            + (begun.map { " since \($0.zoned)" } ?? "")
            + "; until that change ends, Azure accepts no other. Its servers have \(readiness) to become ready "
            + "(readiness probe), and Azure ends the change "
            + (limit ?? "at the latest \(Self.operation) after its start")
    }
}

extension AzureBackend {
    /// Adds to a refusal how long the cloud will keep refusing, if that is known.
    func addingTimeLimit(_ error: BackendError, _ change: Change, of endpoint: Name) async -> BackendError {
        guard flavour == .cloud, case .busy = error.code, let name = change.blockedDeployment else { return error }
        do {
            guard let present = try await client.deployment(name, of: endpoint),
                let limit = ChangeLimit(name, present.resource)
            else { return error }
            return BackendError(error.code, "\(error.message); \(limit.words(at: clock.now()))")
        } catch _ {
            return error  // the refusal is complete without it
        }
    }
}

extension Change {
    /// The deployment that must finish its own change before this one is accepted.
    fileprivate var blockedDeployment: Name? {
        switch self {
        case .putDeployment(let definition): definition.name
        case .scale(let name, _), .deleteDeployment(let name): name
        case .putEndpoint, .setTraffic, .setMirrorTraffic, .deleteEndpoint: nil
        }
    }
}
