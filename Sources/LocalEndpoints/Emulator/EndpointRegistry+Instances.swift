internal import AzureEndpoints
internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// Starts, replaces and observes instances according to the records.
extension EndpointRegistry {
    /// Starts, scales or replaces instances that differ from their deployment's desired state.
    func startInstances() async {
        for record in Array(records.values) where record.snapshot.state != .deleting {
            for name in record.deployments.keys.sorted() {
                guard let deployment = records[record.name]?.deployments[name],
                    let snapshot = records[record.name]?.snapshot.deployment(name), snapshot.state != .deleting
                else { continue }
                do {
                    try await start(name, deployment, snapshot, of: record)
                } catch {
                    let failure = DeploymentRecord.Failure(code: "BadArgument", message: "\(error)")
                    fail(name, of: record.name, failure)
                }
            }
        }
    }

    /// Periodically saves how long instances have been starting, so that a restarted emulator continues counting.
    func saveStartupTimes() {
        let time = now()
        guard counted.map({ time - $0 >= times.startupSaveInterval || time < $0 }) ?? true else { return }
        counted = time
        var kept = Kept()
        for var record in records.values {
            for (name, deployment) in record.deployments {
                guard let work = deployment.work, let newest = running[deployment.incarnation]?.newest,
                    newest.operation == work.operation, let begun = newest.status.begun
                else { continue }
                record.deployments[name]?.work?.passed = InstanceClock.now() - begun
            }
            if record != records[record.name] { kept.records.append(record) }
        }
        do { try keep(kept) } catch {
            logger.error("could not save how long servers have been starting", metadata: ["error": "\(error)"])
        }
    }

    /// Whether instances are starting.
    var isCounting: Bool {
        records.values.contains { record in
            record.deployments.values.contains { deployment in
                deployment.work.map {
                    $0.due == nil && running[deployment.incarnation]?.newest?.operation == $0.operation
                }
                    ?? false
            }
        }
    }

    /// Reads the statuses of the instance groups.
    func readStatuses() async {
        for incarnation in Array(running.keys) {
            // Read first and then assigned: an assignment that awaits its value would hold `running` meanwhile.
            if let current = running[incarnation]?.current {
                let status = await current.group.status
                running[incarnation]?.current?.status = status
            }
            if let next = running[incarnation]?.next {
                let status = await next.group.status
                running[incarnation]?.next?.status = status
            }
        }
    }

    /// Replaces the serving instances of a deployment by its next ones once these are ready.
    func promote() {
        for (incarnation, deployment) in running {
            guard let next = deployment.next, next.isSettled else { continue }
            running[incarnation]?.current = next
            running[incarnation]?.next = nil
            guard let old = deployment.current else { continue }
            running[incarnation]?.retired.append(
                RunningDeployment.Retired(
                    generation: old, from: now() + .seconds(1), until: now() + InstanceGroup.drain))
        }
    }

    /// Marks deployments as succeeded if their instances match the desired state, and as failed if they never will.
    func settleDeployments() {
        for record in Array(records.values) {
            for (name, deployment) in record.deployments {
                guard let snapshot = record.snapshot.deployment(name), snapshot.state.isBusy,
                    snapshot.state != .deleting,
                    let work = deployment.work, let generation = running[deployment.incarnation]?.newest,
                    generation.operation == work.operation
                else { continue }
                if let failure = generation.status.failure {
                    fail(name, of: record.name, .init(code: failure.code, message: failure.message))
                } else if generation.isSettled {
                    succeed(name, of: record.name)
                }
            }
        }
    }

    private func start(
        _ name: Name, _ deployment: DeploymentRecord, _ snapshot: DeploymentSnapshot, of record: EndpointRecord
    ) async throws {
        let incarnation = deployment.incarnation
        let wanted = deployment.resource
        if running[incarnation] == nil {
            let path = folder.log(endpoint: record.name.text, deployment: name.text)
            try LocalFolder.make(path)
            let log = try DeploymentLog(path: path + "/log")
            running[incarnation] = RunningDeployment(endpoint: record.name, name: name, log: log)
            // After a restart of the emulator, the previously serving instances are started first.
            if let serving = deployment.serving {
                let served = try await generation(
                    serving, count: serving.sku?.capacity ?? 1, of: deployment, name, record, operation: nil,
                    isRestart: true)
                running[incarnation]?.current = served
            }
        }
        guard snapshot.state.isBusy, let operation = deployment.work?.operation else { return }
        guard let newest = running[incarnation]?.newest else {
            let first = try await generation(
                wanted, count: snapshot.instances.wanted, of: deployment, name, record, operation: operation)
            running[incarnation]?.current = first
            return
        }
        guard newest.operation != operation else { return }
        let specification = try specification(of: wanted, name, deployment, record)
        let isSame = newest.specification == specification && newest.status.failure == nil
        guard !isSame else {
            if newest.count != snapshot.instances.wanted { await newest.group.scale(to: snapshot.instances.wanted) }
            var adopted = newest
            adopted.count = snapshot.instances.wanted
            adopted.resource = wanted
            adopted.operation = operation
            adopted.status = await newest.group.status
            if running[incarnation]?.next == nil {
                running[incarnation]?.current = adopted
            } else {
                running[incarnation]?.next = adopted
            }
            return
        }
        if let given = running[incarnation]?.next {
            running[incarnation]?.retired.append(.init(generation: given, from: now(), until: now()))
        }
        let next = try await generation(
            wanted, count: snapshot.instances.wanted, of: deployment, name, record, operation: operation)
        running[incarnation]?.next = next
    }

    private func generation(
        _ resource: DeploymentResource, count: Int, of deployment: DeploymentRecord, _ name: Name,
        _ record: EndpointRecord, operation: String?, isRestart: Bool = false
    ) async throws -> RunningDeployment.Generation {
        let known = try specification(of: resource, name, deployment, record)
        var specification = known
        specification.count = count
        // A simulated server need not warm up again: it serves at once, like the one that was killed.
        if isRestart, case .simulated(var profile) = specification.kind {
            profile.readyAfter = .zero
            specification.kind = .simulated(profile)
        }
        // Instances that were starting before the restart keep the time that had passed.
        if operation != nil, let passed = deployment.work?.passed { specification.passed = passed }
        guard let log = running[deployment.incarnation]?.log else {
            throw EmulatorError(.storage, "deployment \(name) has no log")
        }
        try LocalFolder.make(specification.folder)
        var inFlight: (@Sendable (InstanceTarget) -> Int)?
        if let dataPlane { inFlight = { dataPlane.inFlight(at: $0) } }
        let group = InstanceGroup(specification, log: log, inFlight: inFlight) { [weak self] in self?.look() }
        await group.start()
        return RunningDeployment.Generation(
            group: group, specification: known, resource: resource, count: count, operation: operation,
            status: await group.status)
    }

    /// The specification of instances without their count.
    private func specification(
        of resource: DeploymentResource, _ name: Name, _ deployment: DeploymentRecord, _ record: EndpointRecord
    ) throws -> InstanceSpecification {
        var specification = try assets.specification(
            of: resource, endpoint: record.name, deployment: name, incarnation: deployment.incarnation)
        specification.count = 0
        return specification
    }

    private func succeed(_ name: Name, of endpoint: Name) {
        guard var record = records[endpoint], let work = record.deployments[name]?.work else { return }
        let time = now()
        record.update(name) { snapshot, deployment in
            snapshot.state = .succeeded
            snapshot.instances = .init(wanted: snapshot.instances.wanted, ready: snapshot.instances.wanted)
            snapshot.reason = nil
            deployment.serving = deployment.resource
            deployment.work = nil
            deployment.failure = nil
            deployment.touch(at: time)
        }
        end(work.operation, nil, with: record)
    }

    /// Ends a deployment's change as failed; the previous instances keep serving.
    private func fail(_ name: Name, of endpoint: Name, _ failure: DeploymentRecord.Failure) {
        guard var record = records[endpoint], let present = record.deployments[name] else { return }
        guard let work = present.work else {
            if present.failure != failure {
                records[endpoint]?.deployments[name]?.failure = failure
                logger.error(
                    "a deployment's instances could not be started",
                    metadata: ["deployment": "\(name)", "error": "\(failure.message)"])
            }
            return
        }
        if let next = running[present.incarnation]?.next {
            running[present.incarnation]?.next = nil
            running[present.incarnation]?.retired.append(.init(generation: next, from: now(), until: now()))
        }
        var model = EndpointModel(kind: .managed, endpoint: live(record))
        model.fail(name, reason: "\(failure.code): \(failure.message)")
        if let snapshot = model.endpoint { record.snapshot = snapshot }
        let time = now()
        record.update(name) { _, deployment in
            deployment.work = nil
            deployment.failure = failure
            deployment.touch(at: time)
        }
        end(work.operation, failure, with: record)
    }
}
