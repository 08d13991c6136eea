package import RolloutEngine
package import Rollouts

/// Changes that arrive at a simulated endpoint.
extension EndpointSimulation {
    /// Accepts or refuses `change` at `time`, and records the outcome in the history.
    ///
    /// `previous` is the accepted history entry with the same idempotency key, if any.
    package mutating func apply(
        _ change: Change, as context: ChangeContext, at time: Timestamp, settings: SimulationSettings,
        previous: HistoryEntry?
    ) -> HistoryEntry.Outcome {
        advance(to: time)
        now = max(now, time)
        guard context.epoch >= epoch else {
            let words = "epoch \(context.epoch) of \(context.run) has expired: epoch \(epoch) was seen"
            return note(change, context, .fenced(words), hadEffect: false)
        }
        epoch = context.epoch
        adopt(settings)
        if let previous {
            guard previous.change == change else {
                let words =
                    "the idempotency key \(context.idempotencyKey) was used for another change: \(previous.change)"
                return note(change, context, .refused(words), hadEffect: false)
            }
            return note(change, context, .repeated, hadEffect: false)
        }
        if let refusal = refusal(of: change) { return note(change, context, refusal, hadEffect: false) }
        let before = endpoint
        do throws(Violation) {
            try model.accept(change)
        } catch {
            return note(change, context, .refused(error.message), hadEffect: false)
        }
        guard endpoint != before else { return note(change, context, .accepted, hadEffect: false) }
        begin(change, before: before, settings: settings)
        advance(to: now)
        return note(change, context, .accepted, hadEffect: true)
    }

    private mutating func note(
        _ change: Change, _ context: ChangeContext, _ outcome: HistoryEntry.Outcome, hadEffect: Bool
    ) -> HistoryEntry.Outcome {
        entries += 1
        outbox.entries.append(
            HistoryEntry(
                number: entries, at: now, change: change, context: context, outcome: outcome, hadEffect: hadEffect))
        return outcome
    }

    /// Applies new settings for how deployments behave; changed behaviour counts from now on.
    mutating func adopt(_ settings: SimulationSettings) {
        let others = settings.incidents.isEmpty ? nil : DeploymentProfile(incidents: settings.incidents)
        var people = settings.users
        people?.seed = settings.seed
        if settings.definesBehaviour, otherwise != others || users != people {
            countRequests(until: now)
            (otherwise, users) = (others, people)
        }
        for name in settings.profiles.keys.sorted() {
            let profile = settings.profile(of: name)
            guard profiles[name] != profile else { continue }
            countRequests(until: now)
            profiles[name] = profile
            refusals[name] = nil
            guard let deployment = endpoint?.deployment(name), deployment.state == .succeeded else { continue }
            servers[name, default: Server()].arm(profile, at: now)
            servers[name]?.starts = [Timestamp](repeating: now, count: deployment.instances.wanted)
            update(name) {
                $0.instances = .init(wanted: $0.instances.wanted, ready: $0.instances.wanted)
                $0.reason = nil
            }
        }
    }

    private mutating func refusal(of change: Change) -> HistoryEntry.Outcome? {
        if let words = wrongAddress(of: change) { return .refused(words) }
        guard !change.isDone(in: endpoint) else { return nil }
        let present = EndpointModel(kind: key.kind, endpoint: snapshot(at: now))
        if let violation = present.violation(of: change) {
            return violation.isTemporary ? .busy(violation.message) : .refused(violation.message)
        }
        for name in change.concerned where profiles[name]?.fault == .refuseUpdating {
            let until = refusals[name] ?? now + (profiles[name]?.faultDelay ?? .zero)
            refusals[name] = until
            guard now < until else { continue }
            return .busy(
                "Cannot change endpoint \(key.name) (\(change)) because it is in Updating provisioning state.")
        }
        return quotaRefusal(of: change).map(HistoryEntry.Outcome.refused)
    }

    private func wrongAddress(of change: Change) -> String? {
        switch change {
        case .putEndpoint(let definition) where definition.name != key.name:
            "the definition is for endpoint \(definition.name), but was sent to endpoint \(key.name)"
        case .putDeployment(let definition) where definition.endpoint != key.name:
            "deployment \(definition.name) is for endpoint \(definition.endpoint), but was sent to endpoint \(key.name)"
        default: nil
        }
    }

    private func quotaRefusal(of change: Change) -> String? {
        guard let name = change.deployment, profiles[name]?.fault == .quota else { return nil }
        let type: String?
        let instances: Int
        switch change {
        case .putDeployment(let definition): (type, instances) = (definition.instanceType, definition.instanceCount)
        case .scale(_, let count):
            let present = endpoint?.deployment(name)
            guard count > present?.instances.wanted ?? 0 else { return nil }
            (type, instances) = (present?.definition.instanceType, count)
        default: return nil
        }
        let size = InstanceSize(type)
        let reserved = size.coresReserved(instances: instances)
        return "OutOfQuota: not enough quota available for \(size.name) in the subscription: deployment \(name) needs "
            + "ceil(1.2 × \(instances)) × \(size.cores) = \(reserved) cores, and 0 are left"
    }

    private mutating func begin(_ change: Change, before: EndpointSnapshot?, settings: SimulationSettings) {
        countRequests(until: now)
        let duration = duration(of: change, settings: settings)
        var underWay = PendingChange(change: change, due: now + duration)
        switch change {
        case .putDeployment(let definition):
            beginInstances(of: definition.name, duration: duration, underWay: &underWay)
        case .scale(let name, _): beginInstances(of: name, duration: duration, underWay: &underWay)
        case .deleteDeployment(let name):
            logKilling(of: name, instances: 0..<(before?.deployment(name)?.instances.ready ?? 0), at: now)
        case .putEndpoint, .setTraffic, .setMirrorTraffic, .deleteEndpoint: break
        }
        changes.append(underWay)
    }

    /// Instances become ready one after another in the second half of `duration`.
    private mutating func beginInstances(of name: Name, duration: Interval, underWay: inout PendingChange) {
        guard let instances = endpoint?.deployment(name)?.instances else { return }
        if let profile = profiles[name], profile.fault == .neverReady {
            underWay.due = now + profile.faultDelay
            underWay.failure =
                "ResourceNotReady: the readiness probe has not succeeded for \(profile.faultDelay) "
                + "(ReadinessProbeFailed: the readiness probe answers 502)"
            logStart(of: name, instances: instances.ready..<max(instances.wanted, instances.ready), at: now)
            return
        }
        let missing = Int64(max(instances.wanted - instances.ready, 0))
        let half = duration.milliseconds / 2
        underWay.readiness = (0..<missing).map { index in
            now + Interval(milliseconds: half + (half / missing) * (index + 1))
        }
    }

    private func duration(of change: Change, settings: SimulationSettings) -> Interval {
        switch change {
        case .putEndpoint: settings.durations.endpoint
        case .putDeployment(let definition):
            profiles[definition.name]?.readyAfter ?? settings.durations.deployment
        case .scale: settings.durations.scale
        case .setTraffic, .setMirrorTraffic: settings.durations.traffic
        case .deleteDeployment, .deleteEndpoint: settings.durations.delete
        }
    }
}

extension Change {
    /// The deployments that the change is about.
    fileprivate var concerned: [Name] {
        switch self {
        case .setTraffic(let traffic), .setMirrorTraffic(let traffic): traffic.deployments
        default: deployment.map { [$0] } ?? []
        }
    }
}
