package import Rollouts

/// Events that happen as time passes.
extension EndpointSimulation {
    /// Applies all events that are due at `time`; time never goes backwards.
    package mutating func advance(to time: Timestamp) {
        while let milestone = nextMilestone, milestone <= time {
            countRequests(until: milestone)
            now = max(now, milestone)
            becomeReady(at: milestone)
            endChanges(at: milestone)
            crash(at: milestone)
        }
    }

    /// Whether ``advance(to:)`` would change anything.
    func isDue(at time: Timestamp) -> Bool { nextMilestone.map { $0 <= time } ?? false }

    /// The time of the next event.
    private var nextMilestone: Timestamp? {
        let changed = changes.map { min($0.due, $0.readiness.first ?? .distantFuture) }
        return (changed + servers.values.compactMap(\.crash)).min()
    }

    private mutating func becomeReady(at time: Timestamp) {
        for index in changes.indices {
            while let ready = changes[index].readiness.first, ready <= time {
                changes[index].readiness.removeFirst()
                guard let name = changes[index].change.deployment else { continue }
                update(name) { $0.instances.ready = min($0.instances.ready + 1, $0.instances.wanted) }
                let ready = endpoint?.deployment(name)?.instances.ready ?? 1
                servers[name, default: Server()].recordStarts(of: ready, at: time)
                logStart(of: name, instances: (ready - 1)..<ready, at: time)
            }
        }
    }

    private mutating func endChanges(at time: Timestamp) {
        while let index = changes.firstIndex(where: { $0.due <= time }) {
            let ended = changes.remove(at: index)
            let before = endpoint
            if let failure = ended.failure, let name = ended.change.deployment {
                model.fail(name, reason: failure)
                logFailure(of: name, reason: failure, at: time)
            } else {
                model.settle(ended.change)
                ended.change.deployment.map { noteSettled($0, before: before, at: time) }
            }
            removeDeleted(before: before, at: time)
            drain(before: before, at: time)
        }
    }

    /// Records that a deployment has reached its desired state; the delay of its fault starts now.
    private mutating func noteSettled(_ name: Name, before: EndpointSnapshot?, at time: Timestamp) {
        guard let settled = endpoint?.deployment(name) else { return }
        let running = before?.deployment(name)?.instances.ready ?? 0
        let ready = settled.instances.ready
        servers[name, default: Server()].arm(profiles[name], at: time)
        // An update replaces all instances.
        if before?.deployment(name)?.state == .updating { servers[name]?.starts = [] }
        servers[name]?.recordStarts(of: ready, at: time)
        if running < ready { logStart(of: name, instances: running..<ready, at: time) }
        if running > ready { logKilling(of: name, instances: ready..<running, at: time) }
        if before?.deployment(name)?.state == .updating {
            let replaced = 0..<min(running, ready)
            logKilling(of: name, instances: replaced, at: time)
            logStart(of: name, instances: replaced, at: time)
        }
    }

    /// Removes the state of deployments that no longer exist.
    private mutating func removeDeleted(before: EndpointSnapshot?, at time: Timestamp) {
        for name in before?.deployments.map(\.name) ?? [] where endpoint?.deployment(name) == nil {
            servers[name] = nil
            changes.removeAll { $0.change.deployment == name }
            outbox.lines.append(.gone(name))
        }
        guard endpoint == nil else { return }
        changes = []
    }

    /// Deployments whose traffic dropped to 0 keep answering earlier requests for a while.
    private mutating func drain(before: EndpointSnapshot?, at time: Timestamp) {
        guard let before, let endpoint else { return }
        for deployment in endpoint.deployments {
            let name = deployment.name
            let share = before.traffic.actual[name] + before.mirrorTraffic.actual[name]
            guard share > 0, endpoint.traffic.actual[name] + endpoint.mirrorTraffic.actual[name] == 0 else { continue }
            servers[name, default: Server()].drain = Server.Drain(
                until: time + .seconds(5), requests: max(requestsInFlight(of: name, percent: share), 1))
        }
    }

    private mutating func crash(at time: Timestamp) {
        for name in servers.keys.sorted() {
            guard let crash = servers[name]?.crash, crash <= time else { continue }
            servers[name]?.crash = nil
            let instances = endpoint?.deployment(name)?.instances.ready ?? 0
            update(name) {
                $0.instances.ready = 0
                $0.instances.failed = $0.instances.wanted
                $0.reason = "CrashLoopBackOff: back-off restarting failed container inference-server"
            }
            logBackOff(of: name, instances: 0..<instances, at: time)
        }
    }

    mutating func update(_ name: Name, _ body: (inout DeploymentSnapshot) -> Void) {
        guard let index = endpoint?.deployments.firstIndex(where: { $0.name == name }),
            var deployment = endpoint?.deployments[index]
        else { return }
        body(&deployment)
        endpoint?.deployments[index] = deployment
    }
}

extension Server {
    /// Starts the delay of the profile's fault.
    mutating func arm(_ profile: DeploymentProfile?, at time: Timestamp) {
        crash = profile?.fault == .crashAfterReady ? time + (profile?.faultDelay ?? .zero) : nil
        flapping = profile?.fault == .flapping ? time : nil
    }

    /// Records the number of ready instances; additional ones became ready at `time`.
    mutating func recordStarts(of instances: Int, at time: Timestamp) {
        starts = Array(starts.prefix(instances))
        starts += [Timestamp](repeating: time, count: max(instances - starts.count, 0))
    }

    /// Returns the share of time between `begin` and `end` in which it was ready, considering only flapping.
    func readyShare(from begin: Timestamp, to end: Timestamp) -> Double {
        guard let flapping, end > begin else { return 1 }
        func ready(until time: Timestamp) -> Int64 {
            let passed = max((time - flapping).milliseconds, 0)
            let (pairs, rest) = passed.quotientAndRemainder(dividingBy: 120_000)
            return pairs * 60_000 + min(rest, 60_000)
        }
        return Double(ready(until: end) - ready(until: begin)) / Double((end - begin).milliseconds)
    }

    /// Returns false in every other minute of flapping.
    func isReady(at time: Timestamp) -> Bool {
        guard let flapping else { return true }
        return max((time - flapping).milliseconds, 0) / 60_000 % 2 == 0
    }
}

extension Change {
    /// The deployment that the change makes busy.
    var deployment: Name? {
        switch self {
        case .putDeployment(let definition): definition.name
        case .scale(let name, _), .deleteDeployment(let name): name
        case .putEndpoint, .setTraffic, .setMirrorTraffic, .deleteEndpoint: nil
        }
    }
}
