internal import RolloutEngine
internal import Rollouts

/// How long a deployment that does not come up keeps the cloud from taking another change.
///
/// The cloud has no way to give up a change that is under way: it refuses others until its own time is over (AzureCompatibility.md).
struct ChangeLimit {
    /// What `x-ms-async-operation-timeout` says of every change: PT30M.
    static let operation = Interval.minutes(30)

    var name: Name
    var state: ProvisioningState
    /// How long a server that was started may take to become ready.
    var readiness: Interval
    /// When the change began; nil where the cloud does not say.
    var begun: Timestamp?

    /// Nil where no change of the deployment is under way.
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

    /// As a clause behind the cloud's own sentence.
    func words(at now: Timestamp) -> String {
        let limit = begun.map { begun in
            let end = begun + Self.operation
            return now < end
                ? "at \(end.zoned), in \((end - now).short), at the latest"
                : "\(Self.operation) after it begins, which was \((now - end).short) ago"
        }
        return "deployment \(name) is \(state.rawValue)"
            + (begun.map { " since \($0.zoned)" } ?? "")
            + ", and Azure takes no other change of it meanwhile: servers that are started have \(readiness) to become "
            + "ready, by the readiness probe, and Azure ends the change by itself "
            + (limit ?? "\(Self.operation) after it begins at the latest")
    }
}

extension AzureBackend {
    /// A refusal of the cloud, with how long it will go on refusing where that is known.
    func sayingHowLong(_ error: BackendError, _ change: Change, of endpoint: Name) async -> BackendError {
        guard flavour == .cloud, case .busy = error.code, let name = change.blockedDeployment else { return error }
        do {
            guard let present = try await client.deployment(name, of: endpoint),
                let limit = ChangeLimit(name, present.resource)
            else { return error }
            return BackendError(error.code, "\(error.message); \(limit.words(at: clock.now()))")
        } catch _ {
            return error  // the refusal stands without it
        }
    }
}

extension Change {
    /// The deployment whose own change keeps this one from being taken.
    fileprivate var blockedDeployment: Name? {
        switch self {
        case .putDeployment(let definition): definition.name
        case .scale(let name, _), .deleteDeployment(let name): name
        case .putEndpoint, .setTraffic, .setMirrorTraffic, .deleteEndpoint: nil
        }
    }
}
