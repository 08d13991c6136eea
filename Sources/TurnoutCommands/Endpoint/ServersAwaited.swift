internal import RolloutEngine
internal import Rollouts

/// Waits until those who are to answer a request can.
///
/// A command may have started the endpoint's servers itself, a moment ago.
struct ServersAwaited {
    var open: any OpenBackend
    var endpoint: Name
    /// Who is asked; nil: whoever has traffic.
    var deployment: Name?
    /// How long servers may take.
    var patience = Interval.seconds(60)

    /// Returns when every deployment that is asked has a server, or one at least of those that share the traffic.
    ///
    /// - Throws: ``CommandFailure`` that names who has none, why, and what to do.
    func wait() async throws {
        let clock = open.clock
        let deadline = clock.now() + patience
        while let snapshot = try await open.backend.observe(endpoint) {
            guard let silent = Self.silent(in: snapshot, asked: deployment) else { return }
            let isHopeless = silent.failure != nil || silent.instances.wanted == 0
            guard !isHopeless, clock.now() < deadline else {
                throw CommandFailure(.failed, Self.words(silent, of: endpoint, after: isHopeless ? nil : patience))
            }
            try await clock.sleep(until: clock.now() + min(open.pollInterval ?? .seconds(5), .milliseconds(100)))
        }
    }

    /// The first of those that are asked, where none of them has a server; nil where there is nobody to wait for.
    static func silent(in snapshot: EndpointSnapshot, asked: Name?) -> DeploymentSnapshot? {
        let names = asked.map { [$0] } ?? snapshot.traffic.actual.deployments
        let deployments = names.compactMap(snapshot.deployment)
        guard !deployments.contains(where: { $0.instances.ready > 0 }) else { return nil }
        return deployments.first
    }

    static func words(_ deployment: DeploymentSnapshot, of endpoint: Name, after patience: Interval?) -> String {
        let servers = deployment.instances
        let time = patience.map { " after \($0)" } ?? ""
        let reason = deployment.reason.map { ", \($0)" } ?? ""
        return "deployment \(deployment.name) cannot answer: "
            + "\(servers.ready) of \(servers.wanted) servers are up\(time)\(reason)\n`turnout endpoint logs \(endpoint) --deployment \(deployment.name)` shows what they said. Mend it by a run that deploys "
            + "it anew; or take it away: `turnout endpoint traffic \(endpoint) --set \(deployment.name)=0` and then "
            + "`turnout endpoint delete \(endpoint) --deployment \(deployment.name)`"
    }
}
