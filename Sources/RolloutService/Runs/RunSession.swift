internal import RolloutEngine
internal import Rollouts
internal import PrometheusMetrics

/// Works on one run under its lease.
struct RunSession: Sendable {
    var service: RolloutService
    var session: any BackendSession
    var options: WorkOptions

    private var journal: any Journal { service.journal }

    /// Works on the run until it stops or is cancelled.
    func work(on machine: RunMachine, under lease: Lease) async throws -> RunEnd {
        let queries = QuerySignals()
        let result: Result<RunEnd, any Error>
        do { result = .success(try await perform(machine, under: lease, queries)) } catch { result = .failure(error) }
        await queries.close()
        do { return try result.get() } catch {
            throw Self.isStorageFailure(error)
                ? ServiceError(.storage, "\(error)", [.step(.resume, of: lease.run)]) : error
        }
    }

    /// Whether state could not be written.
    ///
    /// The run can be resumed from what was recorded before.
    private static func isStorageFailure(_ error: any Error) -> Bool {
        switch error {
        case let error as JournalError: [.noSpace, .inputOutput, .busy].contains(error.code)
        case let error as BackendError: error.code == .storage
        default: false
        }
    }

    private func perform(
        _ machine: RunMachine, under lease: Lease, _ queries: QuerySignals
    ) async throws -> RunEnd {
        let company = session as? any RunCompanion
        try await company?.begin(machine.plan, machine.stages)
        options.observer.begin(machine.plan, machine.state)
        let runner = makeRunner(machine, under: lease, queries)
        let (session, run, observer) = (session, machine.record.id, options.observer)
        let (outcome, machine) = try await withThrowingTaskGroup(of: (Runner.Outcome, RunMachine)?.self) { group in
            group.addTask {
                var machine = machine
                let outcome = try await runner.run(&machine)
                return (outcome, machine)
            }
            group.addTask {
                do { try await (session as? any EndpointLeasing)?.keep(lease) } catch is CancellationError {}
                return nil
            }
            group.addTask {
                await company?.accompany(run) { observer.hear($0) }
                return nil
            }
            defer { group.cancelAll() }
            while let part = try await group.next() {
                if let part { return part }
            }
            throw CancellationError()
        }
        let situation = try service.situation(of: machine.state, machine.plan, runner: .stopped, now: session.now) {
            () throws(JournalError) in try journal.load(run)
        }
        return RunEnd(
            plan: machine.plan, situation: situation, isInterrupted: outcome == .interrupted,
            clients: company?.clients, afterwards: try session.afterwards)
    }

    private func makeRunner(_ machine: RunMachine, under lease: Lease, _ queries: QuerySignals) -> Runner {
        let (observer, plan, first) = (options.observer, machine.plan, machine.record.position)
        let isPaced = options.isWatched && session.isVirtual
        let clock = PacedClock(
            base: session.clock, pace: isPaced ? .watching(plan, session as? any ChangeDurations) : .none)
        let programs = ProgramRunner(
            run: machine.record.id, endpoint: machine.record.endpoint,
            folder: EditedFiles.playbookFolder(of: machine.record, plan, in: service.workspace),
            keys: KeyFile(run: machine.record.id, state: service.workspace.state, warn: service.warn),
            session: plan.stages.contains(where: \.action.touchesEndpoint) ? session : nil)
        return Runner(
            journal: journal, backend: session.backend, clock: clock, lease: lease,
            waitsForPeople: options.waitsForPeople,
            runCommand: { command in
                await programs.run(command) { line, stage in observer.output(line, of: stage) }
            },
            readSignal: { await queries.read($0) },
            observer: { progress in
                programs.note(progress)
                clock.note(progress)
                observer.show(progress)
                if let warnings = progress.warnings(of: plan, from: first) { observer.hear(.note(warnings)) }
            })
    }
}

extension Runner.Progress {
    /// Returns warnings about what `plan`, from the stage at `first` on, does to deployments that serve clients; nil
    /// unless the endpoint was just observed for the first time.
    fileprivate func warnings(of plan: Plan, from first: Int) -> String? {
        guard case .committed(let events, _) = self else { return nil }
        for case .baselineObserved(let observation) in events.map(\.event) {
            guard let endpoint = observation.snapshot else { continue }
            let warnings = PlanPreview(
                of: plan, from: first, on: endpoint, kind: endpoint.kind, durations: nil
            ).warnings
            if !warnings.isEmpty { return "warning: " + warnings.joined(separator: "; ") }
        }
        return nil
    }
}
