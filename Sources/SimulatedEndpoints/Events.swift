internal import RolloutEngine
internal import Rollouts

/// The log lines of deployments and the platform, with the event names of AzureCompatibility.md.
extension EndpointSimulation {
    /// The number of log lines kept per deployment.
    static let logLimit = 1000

    mutating func log(_ text: String, of deployment: Name, instance: Int?, at time: Timestamp) {
        let line = LogLine(at: time, instance: instance.map { "instance-\($0)" }, text: text)
        outbox.lines.append(.said(deployment, line))
    }

    mutating func logStart(of deployment: Name, instances: Range<Int>, at time: Timestamp) {
        for instance in instances {
            log("Pulled: image of inference-server pulled", of: deployment, instance: instance, at: time)
            log("Created: container inference-server created", of: deployment, instance: instance, at: time)
            log("Started: container inference-server started", of: deployment, instance: instance, at: time)
        }
    }

    mutating func logKilling(of deployment: Name, instances: Range<Int>, at time: Timestamp) {
        for instance in instances {
            log("Killing: stopping container inference-server", of: deployment, instance: instance, at: time)
        }
    }

    mutating func logBackOff(of deployment: Name, instances: Range<Int>, at time: Timestamp) {
        for instance in instances {
            log("container inference-server ended with exit code 1", of: deployment, instance: instance, at: time)
            log("BackOff: back-off restarting failed container", of: deployment, instance: instance, at: time)
        }
    }

    mutating func logFailure(of deployment: Name, reason: String, at time: Timestamp) {
        let instances = endpoint?.deployment(deployment)?.instances ?? .init(wanted: 0, ready: 0)
        for instance in instances.ready..<max(instances.wanted, instances.ready) {
            log("ReadinessProbeFailed: the readiness probe answers 502", of: deployment, instance: instance, at: time)
            log("Killing: stopping container inference-server", of: deployment, instance: instance, at: time)
        }
        log(reason, of: deployment, instance: nil, at: time)
    }

    /// Returns the latest transitions of a flapping deployment, which are computed on demand because they never end.
    func flaps(of deployment: Name, at time: Timestamp) -> [LogLine] {
        guard let since = servers[deployment]?.flapping else { return [] }
        let turns = max((time - since).milliseconds, 0) / 60_000
        guard turns > 0 else { return [] }
        return (max(turns - 9, 1)...turns).map { turn in
            LogLine(
                at: since + .minutes(turn),
                text: turn % 2 == 0
                    ? "ready again" : "ReadinessProbeFailed: the readiness probe answers 502")
        }
    }
}
