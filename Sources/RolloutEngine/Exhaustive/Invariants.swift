internal import Rollouts

/// The invariants that hold in every reachable world (Promises.md, AzureCompatibility.md).
extension World {
    /// The violated invariant in a sentence, or `nil`.
    var violation: String? { trafficViolation ?? requestViolation ?? endViolation }

    private var trafficViolation: String? {
        guard let endpoint = endpoint.value else { return nil }
        for traffic in [endpoint.traffic.wanted, endpoint.traffic.actual] {
            if let violation = TrafficSumRule().violation(of: traffic) { return violation.message }
        }
        if let violation = ExclusiveTrafficRule().violation(
            live: endpoint.traffic.actual, mirrored: endpoint.mirrorTraffic.actual)
        {
            return violation.message
        }
        for name in endpoint.traffic.actual.deployments where name != crashed {
            guard let deployment = endpoint.deployment(name) else {
                return "\(endpoint.traffic.actual[name]) % of live traffic goes to \(name), which does not exist"
            }
            guard deployment.instances.ready > 0 else {
                return "\(endpoint.traffic.actual[name]) % of live traffic goes to \(name), which is not ready"
            }
        }
        return nil
    }

    /// The deletion of anything that has traffic must not even be requested, regardless of whether the backend refuses
    /// it.
    private var requestViolation: String? {
        guard case .apply(let change, _, _) = effect else { return nil }
        return DeleteWithTrafficRule().violation(of: change, on: endpoint.value, kind: kind)?.message
    }

    private var endViolation: String? {
        guard effect == .stop else { return nil }
        let record = machine.record
        let live = endpoint.value?.traffic.actual ?? .none
        switch record.status {
        case .succeeded:
            let mirror = endpoint.value?.mirrorTraffic.wanted ?? .none
            guard mirror.isEmpty else { return "the run ends while traffic is still mirrored: \(mirror)" }
            guard let last = machine.plan.lastTraffic, live != last, crashed == nil else { return nil }
            return "the run succeeds with traffic \(live), but the playbook asks for \(last) (P22)"
        case .endedEarly: return "the run ends early with traffic \(live), although no stage was skipped"
        case .rolledBack, .aborted, .failed:
            let before = record.baseline.snapshot?.traffic.wanted ?? .none
            guard live != before, record.baseline != .never else { return nil }
            return "the run ends as \(record.status.rawValue) with traffic \(live); at the start it was \(before)"
        case .held:
            guard hasServed, live.sum != 100, !endsService else { return nil }
            return "the run is held while clients are not served: traffic is \(live)"
        case .running, .waiting: return "the run stops while it is \(record.status.rawValue)"
        }
    }

    /// Whether the playbook itself removes all live traffic.
    private var endsService: Bool {
        machine.plan.stages.contains { $0.skip == nil && $0.action.liveTraffic?.isEmpty == true }
    }
}
