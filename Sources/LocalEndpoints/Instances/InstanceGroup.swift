internal import RolloutEngine
package import Rollouts
internal import SimulatedEndpoints

/// Starts, probes, restarts, scales and stops the instances of one deployment.
///
/// ``InstanceGroupMachine`` decides; the actor performs its actions and reports their results to it.
package actor InstanceGroup {
    private enum Message: Sendable {
        case event(InstanceGroupMachine.Event)
        /// A result of the start number `launch` of an instance; results of earlier starts are ignored.
        case told(index: Int, launch: Int, InstanceMachine.Event)
        case built(ServerFactory)
    }

    private let specification: InstanceSpecification
    private let log: DeploymentLog
    /// Returns the number of requests in flight at a server; nil if they are not counted.
    private let inFlight: (@Sendable (InstanceTarget) -> Int)?
    private let changed: @Sendable () -> Void
    private let inbox = AsyncStream.makeStream(of: Message.self)
    private var machine: InstanceGroupMachine
    private var factory: ServerFactory?
    private var guardian: Guardian?
    private var servers: [Int: (launch: Int, server: any Server)] = [:]
    private var launches = 0
    private var alarm: Task<Void, Never>?
    private var life: Task<Void, Never>?
    private var told: InstanceGroupStatus

    /// How long requests in flight may take when their instance is removed.
    static let drain = Interval.seconds(600)
    /// How often a draining server is checked, and how long it drains at least, since requests may still be on the way.
    private static let (drainPollInterval, minimumDrain) = (Interval.milliseconds(100), Interval.seconds(1))

    /// Creates the group; `changed` is called after every change of ``status``.
    ///
    /// With `inFlight`, a removed instance stops when its requests are answered; without it, after a fixed time.
    package init(
        _ specification: InstanceSpecification, log: DeploymentLog,
        inFlight: (@Sendable (InstanceTarget) -> Int)? = nil, changed: @escaping @Sendable () -> Void
    ) {
        self.specification = specification
        self.log = log
        self.inFlight = inFlight
        self.changed = changed
        var settings = InstanceGroupMachine.Settings(specification)
        if inFlight != nil, settings.instance.drain > .zero { settings.instance.drain = Self.drain }
        machine = InstanceGroupMachine(settings: settings, wanted: specification.count)
        told = InstanceGroupStatus(wanted: specification.count, instances: [])
    }

    package var status: InstanceGroupStatus {
        let routes = machine.instances.sorted { $0.key < $1.key }.compactMap { index, instance in
            servers[index].map {
                InstanceRoute(id: name(of: index), target: $0.server.target, isReady: instance.isReady)
            }
        }
        return InstanceGroupStatus(
            wanted: machine.wanted, instances: routes, failed: machine.failed, reason: machine.reason,
            failure: machine.failure, begun: machine.begun)
    }

    /// Begins to start the desired instances, and returns at once.
    package func start() {
        guard life == nil else { return }
        life = Task { await live() }
        inbox.continuation.yield(.event(.start))
    }

    /// Begins to start instances, or to drain and stop them, and returns at once.
    package func scale(to count: Int) {
        inbox.continuation.yield(.event(.scale(to: count)))
    }

    /// Stops every instance and waits for the end of all: SIGTERM to the process group, and SIGKILL after `grace`.
    package func stop(grace: Interval) async {
        guard let life else { return }
        inbox.continuation.yield(.event(.stop(grace: grace)))
        await life.value
        await log.flush()
    }

    /// Handles messages until the group has been stopped and all its servers have ended.
    private func live() async {
        await withDiscardingTaskGroup { tasks in
            for await message in inbox.stream {
                for action in handle(message) + stopDrained() { perform(action, in: &tasks) }
                if machine.isOver { break }
                setAlarm()
                notifyOfChange()
            }
            alarm?.cancel()
            guardian?.leave()
            tasks.cancelAll()
        }
        servers = [:]
        notifyOfChange()
    }

    private func handle(_ message: Message) -> [InstanceGroupMachine.Action] {
        let now = InstanceClock.now()
        switch message {
        case .event(let event): return machine.receive(event, at: now)
        case .told(let index, let launch, let event):
            guard servers[index]?.launch == launch else { return [] }
            return machine.receive(.instance(index, event), at: now)
        case .built(let factory):
            self.factory = factory
            return machine.receive(.prepared(failure: nil), at: now)
        }
    }

    /// Stops draining instances that have no requests in flight.
    private func stopDrained() -> [InstanceGroupMachine.Action] {
        guard let inFlight else { return [] }
        let now = InstanceClock.now()
        return draining.flatMap { index, since in
            guard since + Self.minimumDrain <= now, servers[index].map({ inFlight($0.server.target) }) ?? 0 == 0
            else { return [InstanceGroupMachine.Action]() }
            return machine.receive(.instance(index, .drained), at: now)
        }
    }

    private var draining: [(Int, Timestamp)] {
        machine.instances.sorted { $0.key < $1.key }.compactMap { index, instance in
            instance.drainsSince.map { (index, $0) }
        }
    }

    private func logCutOffRequests(at index: Int) {
        guard let server = servers[index]?.server, let cut = inFlight?(server.target), cut > 0 else { return }
        say("Killing: cutting off \(cut) answers that are still being sent", of: index)
    }

    private func perform(_ action: InstanceGroupMachine.Action, in tasks: inout DiscardingTaskGroup) {
        switch action {
        case .say(let text): say(text, of: nil)
        case .prepare: prepare(in: &tasks)
        case .instance(let index, .say(let text)): say(text, of: index)
        case .instance(let index, .launch): launch(index, in: &tasks)
        case .instance(let index, .terminate):
            logCutOffRequests(at: index)
            servers[index]?.server.end(isFinal: false)
        case .instance(let index, .kill): servers[index]?.server.end(isFinal: true)
        case .instance(let index, .probe(let kind, let timeout)): probe(index, kind, timeout, in: &tasks)
        }
    }

    /// Prepares what servers need before the first one can start.
    private func prepare(in tasks: inout DiscardingTaskGroup) {
        let (specification, log, inbox) = (specification, log, inbox.continuation)
        let complain: @Sendable (any Error) -> Void = { error in
            let problem = error as? InstanceProblem
            let failure = InstanceGroupStatus.Failure(
                code: problem?.code ?? "InternalServerError", message: problem?.message ?? "\(error)")
            inbox.yield(.event(.prepared(failure: failure)))
        }
        do {
            let guardian = try Guardian()
            self.guardian = guardian
            tasks.addTask {
                do {
                    try await guardian.run()
                } catch {
                    complain(error)
                }
            }
            tasks.addTask {
                do {
                    inbox.yield(.built(try await ServerFactory(specification, guardian: guardian, log: log)))
                } catch {
                    complain(error)
                }
            }
        } catch {
            complain(error)
        }
    }

    private func launch(_ index: Int, in tasks: inout DiscardingTaskGroup) {
        launches += 1
        let (launch, inbox) = (launches, inbox.continuation)
        let server: any Server
        do {
            server = try makeServer(index)
        } catch {
            inbox.yield(.event(.instance(index, .notLaunched(reason: "\(error)"))))
            return
        }
        servers[index] = (launch, server)
        tasks.addTask {
            let event: InstanceMachine.Event
            do {
                let end = try await server.run {
                    inbox.yield(.told(index: index, launch: launch, .launched))
                }
                event = .exited(reason: end.reason, output: end.output)
            } catch {
                event = .notLaunched(reason: "\(error)")
            }
            inbox.yield(.told(index: index, launch: launch, event))
        }
    }

    private func makeServer(_ index: Int) throws(InstanceProblem) -> any Server {
        switch specification.kind {
        case .simulated(var profile):
            profile.answer = profile.answer ?? .sample(of: specification.deployment)
            return SimulatedInstance(
                profile, index: index, crashesAtOnce: machine.instances[index]?.wasReady == true,
                at: SystemClock().now() - earlierStartupTime(of: index))
        case .external(let address): return ExternalServer(address)
        case .python, .command:
            guard let factory else {
                throw InstanceProblem(code: "InternalServerError", message: "its environment has not been built")
            }
            return try factory.server(name(of: index))
        }
    }

    /// How long a starting instance had been starting in earlier processes; zero if it is restarted after a crash.
    private func earlierStartupTime(of index: Int) -> Interval {
        guard let begun = machine.begun, machine.instances[index]?.crashes == 0 else { return .zero }
        return InstanceClock.now() - begun
    }

    private func probe(
        _ index: Int, _ kind: InstanceMachine.Kind, _ timeout: Interval, in tasks: inout DiscardingTaskGroup
    ) {
        // An external server is not launched: it is created with its first probe.
        if servers[index] == nil, case .external(let address) = specification.kind {
            launches += 1
            servers[index] = (launches, ExternalServer(address))
        }
        guard let (launch, server) = servers[index] else { return }
        let inbox = inbox.continuation
        tasks.addTask {
            let failure = await server.probe(kind, timeout: timeout)
            let output = failure == nil ? nil : server.error
            inbox.yield(.told(index: index, launch: launch, .probed(kind, failure: failure, output: output)))
        }
    }

    private func setAlarm() {
        alarm?.cancel()
        let look = inFlight == nil || draining.isEmpty ? nil : InstanceClock.now() + Self.drainPollInterval
        guard let time = [machine.wakeUp, look].compactMap(\.self).min() else { return }
        let inbox = inbox.continuation
        alarm = Task {
            do {
                try await InstanceClock.sleep(until: time)
                inbox.yield(.event(.time))
            } catch { /* cancelled: another alarm is set */  }
        }
    }

    /// Forgets servers that have ended, and calls `changed` if the status differs.
    private func notifyOfChange() {
        servers = servers.filter { machine.instances[$0.key] != nil }
        let now = status
        guard now != told else { return }
        told = now
        changed()
    }

    private func name(of index: Int) -> String { "instance-\(index)" }

    private func say(_ text: String, of index: Int?) {
        log.append(LogLine(at: SystemClock().now(), instance: index.map { name(of: $0) }, text: text))
    }
}

extension Value {
    /// The default answer of a simulated deployment.
    fileprivate static func sample(of deployment: Name) -> Value {
        ["deployment": .string(deployment.text), "predictions": [.number(11055.98), .number(4503.08)]]
    }
}

extension InstanceGroupMachine.Settings {
    /// How long an external server may be unreachable after deployment, if the readiness probe has default settings.
    private static let externalStartTimeout = Interval.seconds(30)

    init(_ specification: InstanceSpecification) {
        switch specification.kind {
        case .simulated(let profile):
            self.init(profile: profile, deployment: specification.deployment, count: specification.count)
            passed = specification.passed
        case .python, .command, .external:
            var instance = InstanceMachine.Settings(
                liveness: specification.liveness, readiness: specification.readiness)
            var needsPreparation = true
            var startLimit = specification.readiness.startupTimeout
            if case .external = specification.kind {
                instance.isOwned = false
                needsPreparation = false
                // It is listening already or still has to be started; waiting five minutes must be asked for.
                if specification.readiness == Probe() { startLimit = Self.externalStartTimeout }
            }
            self.init(
                instance: instance, needsPreparation: needsPreparation, startLimit: startLimit,
                passed: specification.passed)
            if instance.isOwned {
                logs = "turnout endpoint logs \(specification.endpoint) --deployment \(specification.deployment)"
            }
        }
    }
}
