package import RolloutEngine
package import Rollouts

/// Waits until those who are to answer a request can.
///
/// A command may have started the endpoint's servers itself, a moment ago.
package struct ServersAwaited {
    package var session: any BackendSession
    /// As suggestions name it.
    package var backend: String
    package var endpoint: Name
    /// Who is asked; nil: whoever has traffic.
    package var deployment: Name?
    /// How long servers may take.
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

    /// Returns when every deployment that is asked has a server, or one at least of those that share the traffic.
    ///
    /// - Throws: ``ServiceError`` that names who has none, why, and what to do.
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

    /// The first of those that are asked, where none of them has a server; nil where there is nobody to wait for.
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
