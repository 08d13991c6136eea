package import RolloutEngine
package import Rollouts

/// Waits until the deployments that would answer a request have a ready server.
///
/// The command itself may have started the endpoint's servers a moment ago.
package struct ServerWait {
    package var session: any BackendSession
    /// The backend's name, for suggestions.
    package var backend: String
    package var endpoint: Name
    /// The deployment that is called; nil for all deployments with traffic.
    package var deployment: Name?
    /// How long to wait for the servers.
    ///
    /// Default: 60 s.
    package var patience: Interval

    package init(
        session: any BackendSession, backend: String, endpoint: Name, deployment: Name?,
        patience: Interval = .seconds(60)
    ) {
        self.session = session
        self.backend = backend
        self.endpoint = endpoint
        self.deployment = deployment
        self.patience = patience
    }

    /// Returns when the deployment has a ready server, or at least one of those that share the traffic has.
    ///
    /// - Throws: ``ServiceError`` with the deployment that has none, the reason and suggestions.
    package func wait() async throws {
        let clock = session.clock
        let deadline = clock.now() + patience
        while let snapshot = try await session.backend.observe(endpoint) {
            guard let silent = Self.silent(in: snapshot, asked: deployment) else { return }
            let isHopeless = silent.failure != nil || silent.instances.wanted == 0
            guard !isHopeless, clock.now() < deadline else {
                throw ServiceError(
                    .failed, Self.words(silent, after: isHopeless ? nil : patience),
                    [
                        .logs(endpoint: endpoint, deployment: silent.name, on: backend),
                        .takeAway(endpoint: endpoint, deployment: silent.name, on: backend),
                    ])
            }
            try await clock.sleep(until: clock.now() + min(session.pollInterval ?? .seconds(5), .milliseconds(100)))
        }
    }

    /// Returns the first of the deployments in question if none of them has a ready server; nil otherwise.
    package static func silent(in snapshot: EndpointSnapshot, asked: Name?) -> DeploymentSnapshot? {
        let names = asked.map { [$0] } ?? snapshot.traffic.actual.deployments
        let deployments = names.compactMap(snapshot.deployment)
        guard !deployments.contains(where: { $0.instances.ready > 0 }) else { return nil }
        return deployments.first
    }

    package static func words(_ deployment: DeploymentSnapshot, after patience: Interval?) -> String {
        let servers = deployment.instances
        let time = patience.map { " after \($0)" } ?? ""
        let reason = deployment.reason.map { ", \($0)" } ?? ""
        return "deployment \(deployment.name) cannot answer: "
            + "\(servers.ready) of \(servers.wanted) servers are up\(time)\(reason)"
    }
}
