package import Rollouts

extension EndpointSimulation {
    /// Returns the endpoint at `time`, including flapping and requests in flight.
    ///
    /// The simulation must have been advanced to `time`.
    package func snapshot(at time: Timestamp) -> EndpointSnapshot? {
        guard var snapshot = endpoint else { return nil }
        for index in snapshot.deployments.indices {
            let name = snapshot.deployments[index].name
            snapshot.deployments[index].inFlight = requestsInFlight(of: name, at: time)
            guard let server = servers[name], !server.isReady(at: time) else { continue }
            snapshot.deployments[index].instances.ready = 0
            snapshot.deployments[index].reason = "ReadinessProbeFailed: the readiness probe answers 502"
        }
        return snapshot
    }

    private func requestsInFlight(of name: Name, at time: Timestamp) -> Int {
        guard let endpoint else { return 0 }
        let share = endpoint.traffic.actual[name] + endpoint.mirrorTraffic.actual[name]
        guard share == 0 else { return requestsInFlight(of: name, percent: share) }
        guard let drain = servers[name]?.drain, time < drain.until else { return 0 }
        return drain.requests
    }

    /// The number of requests that arrive while one is being answered (Little's law).
    func requestsInFlight(of name: Name, percent: Int) -> Int {
        guard let clients else { return 0 }
        let latency = profile(of: name).servedLatency().average
        let requests = clients.rate * Double(percent) / 100 * latency / 1000
        return Int(min(requests, 1_000_000).rounded(.up))
    }
}
