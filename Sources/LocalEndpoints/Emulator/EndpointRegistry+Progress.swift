internal import AzureEndpoints
internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
internal import Rollouts

/// One step of the loop that brings the actual state to the desired state.
extension EndpointRegistry {
    /// How often a draining deployment is checked.
    private static let drainPollInterval = Interval.milliseconds(20)
    /// How often replaced instances with requests in flight are checked.
    private static let retiredPollInterval = Interval.milliseconds(100)
    private static let saveRetryInterval = Interval.milliseconds(500)
    /// How long an instance may take to exit before it is killed.
    static let grace = Interval.seconds(5)

    /// Checks everything once, and performs what is due.
    func advance(_ tasks: inout DiscardingTaskGroup) async {
        guard let dataPlane else { return releaseWaiters() }
        await startInstances()
        await readStatuses()
        promote()
        let landing = land()
        let waiting = waiters
        waiters = []
        let table = routingTable()
        let fingerprint = RoutingFingerprint(table)
        if fingerprint != installed {
            await dataPlane.install(table)
            installed = fingerprint
        }
        for waiter in waiting { waiter.resume() }
        finish(endpoints: landing)
        settleDeployments()
        saveStartupTimes()
        await endInstances(&tasks)
        removeEnded()
    }

    /// When the loop must run again even if it is not signalled.
    var nextWakeUp: Timestamp? {
        let time = now()
        // Overdue work that is still present could not be saved; retries, since the disk may have space again soon.
        var due = records.values.compactMap { $0.work?.due }.map { $0 > time ? $0 : time + Self.saveRetryInterval }
        due += records.values.flatMap { $0.deployments.values.compactMap { $0.work?.due } }.filter { $0 > time }
        if isCounting { due.append(time + times.startupSaveInterval) }
        for deployment in running.values where !deployment.isEnding {
            if deployment.drain != nil { due.append(time + Self.drainPollInterval) }
            due += deployment.retired.map { min($0.until, max($0.from, time + Self.retiredPollInterval)) }
        }
        return due.min()
    }

    /// Applies the desired traffic of endpoints whose changes are due; the data plane's table is updated next.
    private func land() -> [Name] {
        let time = now()
        var landing: [Name] = []
        for (name, record) in records {
            guard let due = record.work?.due, due <= time else { continue }
            if record.snapshot.state == .deleting {
                records[name]?.work?.due = nil
            } else {
                records[name]?.snapshot.traffic.actual = record.snapshot.traffic.wanted
                records[name]?.snapshot.mirrorTraffic.actual = record.snapshot.mirrorTraffic.wanted
                landing.append(name)
            }
        }
        return landing
    }

    /// Completes the changes of endpoints after the data plane's table was updated.
    private func finish(endpoints: [Name]) {
        for name in endpoints {
            guard var record = records[name], let work = record.work else { continue }
            record.snapshot.state = .succeeded
            record.work = nil
            record.touch(at: now())
            end(work.operation, nil, with: record)
        }
    }

    /// Ends an operation, and saves it with the record; returns false if that failed.
    ///
    /// A failure is logged; the operation stays open, and the next step of the loop tries again.
    @discardableResult
    func end(
        _ operation: String, _ failure: DeploymentRecord.Failure?, with record: EndpointRecord?, deleted: Name? = nil
    ) -> Bool {
        do {
            var kept = Kept(records: record.map { [$0] } ?? [], deleted: deleted.map { [$0] } ?? [])
            if var ended = try store.operation(operation) {
                ended.ended = now()
                ended.failure = failure
                kept.operations = [ended]
            }
            try keep(kept)
            return true
        } catch {
            logger.error(
                "could not save the end of an operation",
                metadata: ["operation": "\(operation)", "error": "\(error)"])
            return false
        }
    }

    /// Stops instances that were replaced, and those of deleted deployments.
    private func endInstances(_ tasks: inout DiscardingTaskGroup) async {
        let time = now()
        for (incarnation, deployment) in running {
            let over = deployment.retired.map { hasEnded($0, at: time) }
            for (retired, isOver) in zip(deployment.retired, over) where isOver {
                tasks.addTask { await retired.generation.group.stop(grace: Self.grace) }
            }
            running[incarnation]?.retired = zip(deployment.retired, over).filter { !$0.1 }.map(\.0)
        }
        let leaving = running.filter { !$0.value.isEnding && isLeaving($0.key, $0.value) }
        guard !leaving.isEmpty, let dataPlane else { return }
        let readings = await dataPlane.readings()
        for (incarnation, deployment) in leaving {
            // Requests end by their timeouts, but open streams may continue for a while.
            let limit = deployment.drain ?? time + InstanceGroup.drain
            running[incarnation]?.drain = limit
            let open = readings.reduce(0) { $1.incarnation == incarnation ? $0 + $1.inFlight : $0 }
            guard open == 0 || limit <= time else { continue }
            if open > 0 {
                deployment.log.append(
                    LogLine(at: time, text: "Killing: cutting off \(open) answers that are still being sent"))
            }
            running[incarnation]?.isEnding = true
            let groups = deployment.groups
            tasks.addTask {
                await withDiscardingTaskGroup { ends in
                    for group in groups { ends.addTask { await group.stop(grace: Self.grace) } }
                }
                await self.ended(incarnation)
            }
        }
    }

    /// Whether the instances have sent all their answers, or have exceeded the drain time.
    private func hasEnded(_ retired: RunningDeployment.Retired, at time: Timestamp) -> Bool {
        if retired.until <= time { return true }
        guard retired.from <= time, let dataPlane else { return false }
        return retired.generation.status.instances.allSatisfy { dataPlane.inFlight(at: $0.target) == 0 }
    }

    /// Whether clients can no longer reach the deployment, because it or its endpoint is deleted.
    private func isLeaving(_ incarnation: String, _ deployment: RunningDeployment) -> Bool {
        guard let record = records[deployment.endpoint], let present = record.deployments[deployment.name],
            present.incarnation == incarnation
        else { return true }
        return isGone(record) || isGone(present, in: record)
    }

    private func ended(_ incarnation: String) async {
        guard let deployment = running.removeValue(forKey: incarnation) else { return look() }
        await deployment.log.flush()
        look()
    }

    /// Removes deleted deployments and endpoints that have no instances any more.
    private func removeEnded() {
        for record in Array(records.values) {
            for (name, deployment) in record.deployments where isGone(deployment, in: record) {
                guard running[deployment.incarnation] == nil, let work = deployment.work,
                    var parent = records[record.name]
                else { continue }
                parent.deployments[name] = nil
                parent.snapshot.deployments.removeAll { $0.name == name }
                parent.touch(at: now())
                if end(work.operation, nil, with: parent) {
                    discardFiles(of: name, deployment.incarnation, endpoint: record.name)
                }
            }
            guard isGone(record), let work = record.work,
                record.deployments.values.allSatisfy({ running[$0.incarnation] == nil })
            else { continue }
            if end(work.operation, nil, with: nil, deleted: record.name) {
                for (name, deployment) in record.deployments {
                    discardFiles(of: name, deployment.incarnation, endpoint: record.name)
                    if let own = deployment.work { end(own.operation, nil, with: nil) }
                }
            }
        }
    }

    /// Whether the deletion of an endpoint is due.
    func isGone(_ record: EndpointRecord) -> Bool { record.snapshot.state == .deleting && record.work?.due == nil }

    func isGone(_ deployment: DeploymentRecord, in record: EndpointRecord) -> Bool {
        guard let due = deployment.work?.due, record.snapshot.state != .deleting else { return false }
        return due <= now()
    }

    private func discardFiles(of name: Name, _ incarnation: String, endpoint: Name) {
        for path in [
            folder.log(endpoint: endpoint.text, deployment: name.text),
            folder.instances(endpoint: endpoint.text, incarnation: incarnation),
        ] where FileManager.default.fileExists(atPath: path) {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                logger.warning("a folder could not be removed", metadata: ["path": "\(path)", "error": "\(error)"])
            }
        }
    }
}
