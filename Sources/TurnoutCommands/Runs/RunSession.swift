internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// One process's work on one run, from the lease to the last word.
struct RunSession: Sendable {
    var workspace: Workspace
    var journal: SQLiteJournal
    var open: any OpenBackend
    var display: any RunDisplay
    /// Stays at gates instead of leaving.
    var waitsForPeople: Bool
    /// Real time for each second of a simulation, so that a person can watch.
    var pace: Pace = .none

    /// Works on the run until it stops, and gives its lease back.
    ///
    /// - Returns: The exit status that the work comes to.
    func work(on machine: RunMachine, under lease: Lease) async throws -> ExitStatus {
        do {
            let status = try await perform(machine, under: lease)
            try await giveBack(lease)
            try journal.release(lease)
            return status
        } catch {
            await giveUp(lease, after: error)
            throw error
        }
    }

    /// Gives back what can be: the lease of a process that has ended is taken over without ceremony anyway.
    private func giveUp(_ lease: Lease, after error: any Error) async {
        display.abandon()
        if let error = error as? JournalError, error.code == .fenced { return }
        do {
            try await giveBack(lease)
            try journal.release(lease)
        } catch {
            Notices.warn("the lease of \(lease.key) was not given back: \(error)")
        }
    }

    /// Others learn from it whether the run has ended.
    private func giveBack(_ lease: Lease) async throws {
        await open.giveBackIfPossible(lease, isFinished: try journal.record(of: lease.run).status.isEnded)
    }

    private enum Part: Sendable {
        case finished(Runner.Outcome, RunMachine)
        case signalled(Signals.Kind)
        case displayed
    }

    private func perform(_ machine: RunMachine, under lease: Lease) async throws -> ExitStatus {
        let queries = QuerySignals()
        let status: ExitStatus
        do {
            status = try await perform(machine, under: lease, queries)
        } catch {
            await queries.close()
            throw error
        }
        await queries.close()
        return status
    }

    private func perform(
        _ machine: RunMachine, under lease: Lease, _ queries: QuerySignals
    ) async throws -> ExitStatus {
        try await open.begin(machine.plan, machine.stages)
        display.begin(machine.plan, machine.state)
        let runner = makeRunner(machine, under: lease, queries)
        let display = display
        let signals = Signals { display.abandon() }
        defer { withExtendedLifetime(signals) {} }
        let arriving = signals.stream
        let (open, run) = (open, machine.record.id)
        let (outcome, machine, signal) = try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                var machine = machine
                let outcome = try await runner.run(&machine)
                return .finished(outcome, machine)
            }
            group.addTask {
                for await signal in arriving { return .signalled(signal) }
                return .displayed
            }
            group.addTask {
                try await open.keep(lease)
                return .displayed
            }
            group.addTask {
                await display.live()
                return .displayed
            }
            group.addTask {
                await open.accompany(run) { display.hear($0) }
                return .displayed
            }
            defer { group.cancelAll() }
            var signal: Signals.Kind?
            while let part = try await group.next() {
                switch part {
                case .finished(let outcome, let machine): return (outcome, machine, signal)
                case .signalled(let kind):
                    signal = kind
                    group.cancelAll()
                case .displayed: continue
                }
            }
            throw CancellationError()
        }
        let record = machine.record
        let situation = try journal.situation(
            of: machine.state, machine.plan, in: workspace, runner: .stopped, now: open.now,
            edited: { try journal.load(record.id) })
        display.end(
            RunEnd(
                situation: situation, isInterrupted: outcome == .interrupted, clients: open.clients,
                afterwards: try open.afterwards,
                servers: Servers(of: machine.plan, by: record)))
        guard outcome == .interrupted else { return record.status.exitStatus }
        return signal?.exitStatus ?? .interrupted
    }

    private func makeRunner(_ machine: RunMachine, under lease: Lease, _ queries: QuerySignals) -> Runner {
        let (display, plan, first) = (display, machine.plan, machine.record.position)
        let clock = PacedClock(base: open.clock, pace: pace)
        let programs = ProgramRunner(
            run: machine.record.id, endpoint: machine.record.endpoint,
            folder: EditedFiles.playbookFolder(of: machine.record, plan, in: workspace),
            keys: KeyFile(run: machine.record.id, state: workspace.absoluteState),
            backend: plan.stages.contains(where: \.action.touchesEndpoint) ? open : nil)
        return Runner(
            journal: journal, backend: open.backend, clock: clock, lease: lease,
            waitsForPeople: waitsForPeople,
            runCommand: { command in
                await programs.run(command) { line, stage in display.output(line, of: stage) }
            },
            readSignal: { await queries.read($0) },
            observer: { progress in
                programs.note(progress)
                clock.note(progress)
                display.show(progress)
                if let warnings = progress.warnings(of: plan, from: first) { display.hear(.note(warnings)) }
            })
    }
}

extension Runner.Progress {
    /// What `plan`, whose stages before `first` are done, does to what serves clients, when the run has just found out what
    /// that is.
    fileprivate func warnings(of plan: Plan, from first: Int) -> String? {
        guard case .committed(let events, _) = self else { return nil }
        for case .baselineObserved(let observation) in events.map(\.event) {
            guard let endpoint = observation.snapshot else { continue }
            let warnings = PlanPreview(
                of: plan, from: first, on: endpoint, kind: endpoint.kind, durations: nil
            ).warnings
            if !warnings.isEmpty { return "beware: " + warnings.joined(separator: "; ") }
        }
        return nil
    }
}
