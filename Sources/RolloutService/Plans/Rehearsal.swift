internal import PlaybookSyntax
package import RolloutEngine
internal import RolloutStatistics
package import Rollouts
package import SimulatedEndpoints

/// The result of a run on a separate simulated endpoint.
package struct Rehearsal: Sendable {
    package var plan: Plan
    package var seed: UInt64
    package var start: Timestamp
    package var record: RunRecord
    package var stages: [StageRecord]
    package var outcome: Runner.Outcome
    package var lasted: Interval
    /// The outcomes of requests during the run.
    package var requests: OutcomeReading

    /// When rehearsals begin, 2026-01-01T00:00:00Z: the same seed gives the same rehearsal on any day.
    package static let date = Timestamp(milliseconds: 1_767_225_600_000)

    /// The deployment that was analysed; nil if there was no analysis.
    package var candidate: Name? { record.analysis?.arms.candidate }
}

extension RolloutService {
    /// Runs a whole playbook on a private simulated endpoint, in virtual time from a fixed date.
    ///
    /// If the playbook has an analysis, the run is repeated for each of `regressions` of the candidate. `watch`
    /// receives the progress of the first run. The machine, the runner and the backend are the real ones; the journal
    /// is in memory. Approvals are given at once, programs are not run, and queries are not sent: their results are
    /// assumed to be within their limits.
    package func rehearse(
        _ request: PlanRequest, seed: UInt64? = nil, regressions: [Regression] = [],
        watch: @escaping @Sendable (Timestamp, Runner.Progress) -> Void = { _, _ in }
    ) async throws -> (rehearsal: Rehearsal, regressions: [(Regression, Rehearsal)]) {
        let id = RunID(playbook: try request.playbookName(), number: 1)
        let (snapshot, simulation) = try planned(try await looking(request, for: id), for: id)
        let plan = snapshot.plan
        var settings: SimulationSettings
        do throws(SettingsProblem) {
            settings = try SimulationSettings(simulation, kind: request.selection.kind)
        } catch {
            throw ServiceError(.invalidPlaybook, "\(plan.playbook): \(error)")
        }
        if let seed { settings.seed = seed }
        let isFresh = plan.roles == nil && plan.stages.contains { $0.skip == nil && $0.action.kind == .define }
        let present = isFresh ? nil : request.selection
        let first = try await rehearse(snapshot, settings, present, watch)
        guard let candidate = first.candidate else { return (first, []) }
        var worse: [(Regression, Rehearsal)] = []
        for regression in regressions {
            var settings = settings
            regression.applyRegression(&settings.profiles[candidate, default: DeploymentProfile()])
            worse.append((regression, try await rehearse(snapshot, settings, present) { _, _ in }))
        }
        return (first, worse)
    }

    /// Rehearses a plan in an empty simulation or, with `present`, on a copy of the existing endpoint.
    package func rehearse(
        _ snapshot: PlanSnapshot, _ settings: SimulationSettings, _ present: BackendSelection?,
        _ watch: @escaping @Sendable (Timestamp, Runner.Progress) -> Void
    ) async throws -> Rehearsal {
        let endpoint = snapshot.plan.endpoint
        let store = if let present { try await world(like: present, endpoint, settings) } else { MemoryStore() }
        let start = max(Rehearsal.date, store.time() ?? Rehearsal.date)
        let plan = snapshot.plan
        let clock = VirtualClock(stored: start, wall: start)
        let backend = SimulatedBackend(store: store, clock: clock, settings: settings)
        try backend.setLoad(plan.load, endpoint: plan.endpoint)
        let before = try backend.outcomes(of: plan.endpoint, since: nil)
        let journal = InMemoryJournal()
        let run = RunID(playbook: plan.playbook, number: 1)
        let key = LeaseKey(backend: plan.backend, endpoint: plan.endpoint)
        let lease = try journal.acquireLease(on: key, for: run, takeOver: false)
        let launcher = RunLauncher(journal: journal, starter: Person(name: "rehearsal", host: "rehearsal"), now: start)
        var machine = try launcher.create(snapshot, approved: [], under: lease)
        try approveAll(of: run, snapshot, in: journal, at: start)
        let runner = Runner(
            journal: journal, backend: backend, clock: clock, lease: lease, waitsForPeople: false,
            runCommand: { _ in nil },
            readSignal: { .value($0.maximum ?? $0.minimum ?? 0) },
            observer: { watch(clock.now(), $0) })
        let outcome = try await runner.run(&machine)
        try journal.release(lease)
        return Rehearsal(
            plan: plan, seed: settings.seed, start: start, record: machine.record, stages: machine.stages,
            outcome: outcome, lasted: clock.now() - start,
            requests: try backend.outcomes(of: plan.endpoint, since: before.cursor))
    }

    /// Approves every gate as the required number of people, none of whom started the run.
    private func approveAll(
        of run: RunID, _ snapshot: PlanSnapshot, in journal: any Journal, at start: Timestamp
    ) throws(JournalError) {
        for stage in snapshot.plan.stages where stage.skip == nil {
            for number in 1...max(stage.approval?.required ?? 0, 1) where stage.approval != nil {
                let request = Request(
                    kind: .approve, stage: stage.name, planHash: snapshot.hash,
                    by: Person(name: "approver-\(number)", host: "rehearsal"), memberOf: stage.approval?.group,
                    at: start, reason: "rehearsal")
                _ = try journal.submit(request, to: run) { _ in }
            }
        }
    }

    /// Returns a simulation with a copy of the endpoint; an empty one if the endpoint does not exist.
    private func world(
        like selection: BackendSelection, _ endpoint: Name, _ settings: SimulationSettings
    ) async throws -> MemoryStore {
        try await with(selection, .look) { session in
            if let copy = try (session as? any CopyingSimulation)?.copy(of: endpoint, settings) { return copy }
            return try await MemoryStore.resembling(try await session.backend.observe(endpoint), settings)
        }
    }
}
