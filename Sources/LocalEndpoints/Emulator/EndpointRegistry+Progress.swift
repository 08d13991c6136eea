internal import AzureEndpoints
internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
internal import Rollouts

/// How what is wanted becomes so: one step of the loop.
extension EndpointRegistry {
    /// How often a deployment that is drained is looked at.
    private static let drainStep = Interval.milliseconds(20)
    /// How often instances that were replaced and have still answers to send are looked at.
    private static let retiredStep = Interval.milliseconds(100)
    private static let keepingAgain = Interval.milliseconds(500)
    /// How long an instance may take to end by itself.
    static let grace = Interval.seconds(5)

    /// Looks at everything once, and does what is due.
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
        countStartUps()
        await endInstances(&tasks)
        removeEnded()
    }

    /// When something is due that nothing else would tell of.
    var nextDue: Timestamp? {
        let time = now()
        // What is past and still there could not be kept: the disk may have room again soon.
        var due = records.values.compactMap { $0.work?.due }.map { $0 > time ? $0 : time + Self.keepingAgain }
        due += records.values.flatMap { $0.deployments.values.compactMap { $0.work?.due } }.filter { $0 > time }
        if isCounting { due.append(time + times.startUpKept) }
        for deployment in running.values where !deployment.isEnding {
            if deployment.drain != nil { due.append(time + Self.drainStep) }
            due += deployment.retired.map { min($0.until, max($0.from, time + Self.retiredStep)) }
        }
        return due.min()
    }

    /// Endpoints whose time has come take what they want; the data plane learns of it next.
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

    /// The data plane works by it: it is so.
    private func finish(endpoints: [Name]) {
        for name in endpoints {
            guard var record = records[name], let work = record.work else { continue }
            record.snapshot.state = .succeeded
            record.work = nil
            record.touch(at: now())
            end(work.operation, nil, with: record)
        }
    }

    /// Ends an operation, and keeps the record with it.
    ///
    /// A file that can't be written is said in the log; the operation stays open and is ended in the next look.
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

    /// Ends what is over: instances that were replaced, and those of deployments that are deleted.
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
            // Requests end by their time-outs; open streams may go on for a while.
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

    /// True once its answers are sent, or have taken too long.
    private func hasEnded(_ retired: RunningDeployment.Retired, at time: Timestamp) -> Bool {
        if retired.until <= time { return true }
        guard retired.from <= time, let dataPlane else { return false }
        return retired.generation.status.instances.allSatisfy { dataPlane.inFlight(at: $0.target) == 0 }
    }

    /// True once clients reach the deployment no more, because it or its endpoint is deleted.
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

    /// Forgets deployments and endpoints that are deleted and have no instances any more.
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

    /// True when an endpoint is deleted and its time has come.
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
