internal import FoundationEssentials
internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts
internal import SQLiteJournal
internal import SimulatedEndpoints
internal import Synchronization

/// A whole run on a simulated endpoint that nobody else sees, in virtual time from a fixed date.
///
/// The machine, the runner, the journal and the backend are the real ones; the journal is in a folder that is removed.
/// Everybody who is asked says yes at once, programs are not run, and servers are not asked: what a query would answer is
/// taken as within its limits.
struct Rehearsal {
    var snapshot: PlanSnapshot
    var settings: SimulationSettings
    var store: any SimulatedStore
    var start: Timestamp

    /// 2026-01-01T00:00:00Z: a rehearsal of one seed is the same on every day.
    static let date = Timestamp(milliseconds: 1_767_225_600_000)

    func perform() async throws -> RehearsalReport {
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-rehearsal-\(UUID())"
        defer {
            // What is left in the folder for temporary files is in nobody's way.
            do { try FileManager.default.removeItem(atPath: folder) } catch {
                Notices.warn("\(folder) is left: \(error)")
            }
        }
        let journal = try SQLiteJournal(folder: folder)
        let report = try await perform(journal)
        try journal.close()
        return report
    }

    private func perform(_ journal: SQLiteJournal) async throws -> RehearsalReport {
        let plan = snapshot.plan
        let clock = VirtualClock(stored: start, wall: start)
        let backend = SimulatedBackend(store: store, clock: clock, settings: settings)
        try backend.setLoad(plan.load, endpoint: plan.endpoint)
        let before = try backend.outcomes(of: plan.endpoint, since: nil)
        let run = RunID(playbook: plan.playbook, number: 1)
        let key = LeaseKey(backend: plan.backend, endpoint: plan.endpoint)
        let lease = try journal.acquireLease(on: key, for: run, takeOver: false)
        let launcher = RunLauncher(journal: journal, starter: Person(name: "rehearsal", host: "rehearsal"), now: start)
        var machine = try launcher.create(snapshot, approved: [], under: lease)
        try approveAll(of: run, in: journal)
        let timeline = Mutex(RehearsalTimeline(start: start))
        let runner = Runner(
            journal: journal, backend: backend, clock: clock, lease: lease, waitsForPeople: false,
            runCommand: { _ in nil },
            readSignal: { .value($0.maximum ?? $0.minimum ?? 0) },
            observer: { progress in
                let now = clock.now()
                timeline.withLock { $0.note(progress, at: now) }
            })
        let outcome = try await runner.run(&machine)
        try journal.release(lease)
        let requests = try backend.outcomes(of: plan.endpoint, since: before.cursor)
        return RehearsalReport(
            of: plan, seed: settings.seed, record: machine.record, stages: machine.stages, outcome: outcome,
            timeline: timeline.withLock { $0 }, lasted: clock.now() - start, requests: requests)
    }

    /// As many people as each gate asks for, none of whom started the run.
    private func approveAll(of run: RunID, in journal: SQLiteJournal) throws(JournalError) {
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
}

/// What was seen of a rehearsal, in its order.
struct RehearsalTimeline: Sendable {
    struct Moment: Hashable, Sendable {
        /// Since the start.
        var at: Interval
        var stage: String?
        var kind: String
        var text: String
        var tint: Style.Tint?
    }

    struct Shares: Hashable, Sendable {
        /// Since the start.
        var at: Interval
        var traffic: Wanted<Traffic>
        var mirror: Wanted<Traffic>
    }

    var start: Timestamp
    private(set) var moments: [Moment] = []
    /// One for every change of what is wanted or what is.
    private(set) var shares: [Shares] = []

    init(start: Timestamp) { self.start = start }

    mutating func note(_ progress: Runner.Progress, at now: Timestamp) {
        switch progress {
        case .committed(let events, let state):
            for event in events where event.event.isOfInterest {
                let stage = event.stage.flatMap { $0 < state.stages.count ? state.stages[$0].name : nil }
                moments.append(
                    Moment(
                        at: event.at - start, stage: stage, kind: event.event.kind, text: event.event.rehearsed(state),
                        tint: event.event.tint))
            }
            note(state, at: now)
        case .performing(_, let state): note(state, at: now)
        }
    }

    private mutating func note(_ state: RunState, at now: Timestamp) {
        let snapshot = state.record.latest.snapshot
        let seen = Shares(
            at: now - start, traffic: snapshot?.traffic ?? Wanted(.none),
            mirror: snapshot?.mirrorTraffic ?? Wanted(.none))
        if let last = shares.last, last.traffic == seen.traffic, last.mirror == seen.mirror { return }
        if shares.last?.at == seen.at { shares.removeLast() }
        shares.append(seen)
    }
}

extension RunEvent {
    fileprivate var isOfInterest: Bool {
        switch self {
        case .runStarted, .baselineObserved, .requestMade, .gateOpened, .approvalCounted, .changeAccepted: false
        case .rollBackChangeDone, .runResumed, .runLeft, .evidenceGathered: false
        default: true
        }
    }

    /// The sentence, without moments of the rehearsal's invented date.
    fileprivate func rehearsed(_ state: RunState) -> String {
        switch self {
        case .attemptStarted(let attempt):
            (attempt.number > 1 ? "attempt \(attempt.number): " : "") + (attempt.steps.first?.words ?? "begins")
        case .bakeStarted: "rests"
        case .analysisStarted(let analysis, _): analysis.startWords
        case .retryScheduled: "will try again"
        case .stepDone:
            if case .acting(let attempt) = state.record.phase, attempt.steps.indices.contains(attempt.step) {
                attempt.steps[attempt.step].words
            } else {
                "observed to be so"
            }
        case .stageSucceeded: "done"
        default: sentence
        }
    }
}
