internal import PlaybookSyntax
package import RolloutEngine
package import Rollouts
internal import Support

extension RolloutService {
    /// Returns the run that `text` names.
    ///
    /// Default: the only run that `fits`.
    ///
    /// `wanted` describes fitting runs in error messages, as in "no run is waiting".
    package func run(_ text: String?, wanted: String, fits: (RunRecord) -> Bool) throws -> RunRecord {
        if let text { return try run(named: text) }
        let all = try journal.runs()
        let fitting = all.filter(fits)
        if fitting.count == 1, let only = fitting.first { return only }
        guard fitting.isEmpty else {
            throw ServiceError(
                .notPossible, "\(fitting.count) runs are \(wanted); name one of them:\n" + Self.list(fitting))
        }
        guard !all.isEmpty else { throw Self.noRuns }
        throw ServiceError(.notPossible, "no run is \(wanted); the runs are:\n" + Self.list(all))
    }

    /// Returns the run that `text` names.
    ///
    /// Default: the only run that has not ended, or the newest if all have.
    package func runToShow(_ text: String?) throws -> RunRecord {
        if text == nil {
            let all = try journal.runs()
            if let newest = all.first, all.allSatisfy(\.status.isEnded) { return newest }
        }
        return try run(text, wanted: "unfinished") { !$0.status.isEnded }
    }

    /// Returns the run to retry: the only held run, or the newest run on its endpoint that ended without success.
    package func runToRetry(_ text: String?, isForked: Bool) throws -> RunRecord {
        if text == nil, !isForked, try journal.runs().contains(where: { $0.status == .held }) {
            return try run(nil, wanted: "held") { $0.status == .held }
        }
        // An old run must not undo what a later run did to the endpoint, unless a person names it.
        let newest = Dictionary(
            try journal.runs().map { ($0.leaseKey, $0.id) }, uniquingKeysWith: { first, _ in first })
        return try run(text, wanted: "held or unsuccessful") {
            $0.status.isEnded && $0.status != .succeeded && newest[$0.leaseKey] == $0.id
        }
    }

    private func run(named text: String) throws -> RunRecord {
        guard let id = RunID(text) else { throw Self.unknown(text, in: try journal.runs()) }
        do {
            return try journal.record(of: id)
        } catch  where error.code == .unknownRun {
            throw Self.unknown(text, in: try journal.runs())
        }
    }

    private static func unknown(_ text: String, in runs: [RunRecord]) -> ServiceError {
        guard !runs.isEmpty else {
            return ServiceError(
                .notPossible, "there is no run '\(text)', because there are no runs yet", [.start(playbook: nil)])
        }
        let hint = didYouMean(text, among: runs.map(\.id.description)) ?? "the latest are:\n" + list(runs)
        return ServiceError(.notPossible, "there is no run '\(text)'; \(hint)")
    }

    private static let noRuns = ServiceError(.notPossible, "there are no runs yet", [.start(playbook: nil)])

    private static func list(_ runs: [RunRecord]) -> String {
        let shown = runs.prefix(10).map { "  \($0.id)  \($0.status.words)\($0.reason.map { ": \($0)" } ?? "")" }
        return (shown + (runs.count > 10 ? ["  … and \(runs.count - 10) more"] : [])).joined(separator: "\n")
    }

    /// Returns the state of a run and the caller's next steps.
    package func situation(of run: RunID) throws -> RunSituation { try situation(of: try journal.load(run)) }

    package func situation(of run: StoredRun) throws -> RunSituation {
        try situation(
            of: RunState(record: run.record, stages: run.stages), run.snapshot.plan,
            runner: try journal.runnerState(of: run.record.id), now: try now(of: run.record.backend)
        ) { () throws(JournalError) in run }
    }

    /// Returns the current time of a backend, which may be virtual.
    func now(of backend: String) throws -> Timestamp {
        try backends.selection(named: backend).plugin.now(in: workspace.state)
    }

    /// Returns the situation for a known `state`; `edited` loads the stored run if its files must be compared.
    func situation(
        of state: RunState, _ plan: Plan, runner: RunnerState, now: Timestamp,
        edited: () throws(JournalError) -> StoredRun
    ) throws -> RunSituation {
        var situation = RunSituation(
            of: state, plan, try journal.requests(of: state.record.id), runner: runner, person: caller.person,
            isMember: caller.isMember, now: now, isNewest: try journal.isNewest(state.record))
        switch state.record.status {
        case .failed, .rolledBack, .aborted:
            let parent = try edited()
            situation.forkStage = parent.stages[EditedFork.first(of: parent)].name
            situation.editedFork = try EditedFork.step(of: parent, in: self)
        case .running, .waiting, .held, .succeeded, .endedEarly: break
        }
        return situation
    }

    /// Returns a run from the journal and, unless it has ended, its endpoint as observed now (P23).
    package func view(of run: RunID) async throws -> RunView {
        let viewer = RunViewer(run, of: self)
        do {
            let view = try await viewer.view()
            await viewer.close()
            return view
        } catch {
            await viewer.close()
            throw error
        }
    }
}

/// Views one run repeatedly, and keeps the backend open between views.
package actor RunViewer {
    private let run: RunID
    private let service: RolloutService
    private var session: (any BackendSession)?

    package init(_ run: RunID, of service: RolloutService) {
        self.run = run
        self.service = service
    }

    /// Returns the present view of the run; see ``RolloutService/view(of:)``.
    package func view() async throws -> RunView {
        let stored = try service.journal.load(run)
        var view = RunView(plan: stored.snapshot.plan, situation: try service.situation(of: stored))
        view.clients = try service.backends.selection(named: stored.record.backend).plugin
            .clients(of: run, in: service.workspace.state)
        if !view.record.status.isEnded, view.record.latest != .never { await look(&view) }
        return view
    }

    /// Closes the backend; an error is reported as a warning.
    package func close() async {
        guard let session else { return }
        self.session = nil
        do { try await session.close() } catch { service.warn("could not close the backend: \(error)") }
    }

    private func look(_ view: inout RunView) async {
        do {
            let (endpoint, now) = try await observation(of: view.plan)
            if session?.isCopy == true { await close() }
            let record = view.record
            if record.phase.expectsNoDrift {
                view.situation.drift = differences(expected: record.expected, observed: endpoint)
            }
            view.situation.record.latest = Observation(endpoint)
            view.situation.record.latestAt = now
        } catch {
            view.unobservable = "\(error)"
            // The next view may find the backend elsewhere, for example a restarted emulator.
            await close()
        }
    }

    /// Observes the endpoint, with a timeout of 5 s, and returns it with the time.
    private func observation(of plan: Plan) async throws -> (EndpointSnapshot?, Timestamp) {
        try await withThrowingTaskGroup { group in
            group.addTask {
                let session = try await self.opened(for: plan)
                // The session only has stored state; the next view may find a process that serves the endpoint.
                if let caveat = session.caveat { throw BackendError(.unavailable, caveat) }
                return (try await session.backend.observe(plan.endpoint), session.now)
            }
            group.addTask {
                try await Task.sleep(for: .seconds(5))
                throw BackendError(.unavailable, "it did not answer within 5 s")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    private func opened(for plan: Plan) async throws -> any BackendSession {
        if let session { return session }
        let opened = try await service.open(try service.backends.selection(of: plan), .look, for: plan)
        session = opened
        return opened
    }
}

extension RolloutService {
    /// Returns all runs, newest first.
    package func runs() throws -> [ListedRun] {
        let holders = try journal.leases()
        var times: [String: Timestamp] = [:]
        return try journal.runs().map { record in
            var listed = ListedRun(
                record: record, stages: try journal.stages(of: record.id),
                holder: holders.first { $0.run == record.id })
            if case .waiting(let gate) = record.phase, gate.deadline != nil {
                let now = try times[record.backend] ?? now(of: record.backend)
                times[record.backend] = now
                listed.isOverdue = gate.deadline(passedAt: now) != nil
            }
            return listed
        }
    }

    /// Verifies the hash chain of the run that `text` names.
    ///
    /// Default: of all runs (P13).
    ///
    /// A record that was tampered with does not prevent the verification of its events.
    package func verify(_ text: String?) throws -> [ChainVerification] {
        let all = try journal.runIDs()
        var meant = Array(all.reversed())
        if let text {
            meant = if let id = RunID(text), all.contains(id) { [id] } else { [try runToShow(text).id] }
        }
        guard !meant.isEmpty else { throw Self.noRuns }
        return try meant.map { run in
            let problems = try journal.verify(run)
            // Events that cannot be decoded are problems, so without problems all events can be read.
            let last = problems.isEmpty ? try journal.events(of: run, after: 0).last : nil
            return ChainVerification(
                run: run, holds: problems.isEmpty, events: last?.sequence, head: last?.hash, problems: problems)
        }
    }

    /// Returns everything that the journal stores about a run.
    package func export(_ run: RunID) throws -> RunExport {
        RunExport(
            of: try journal.load(run), requests: try journal.requests(of: run),
            events: try journal.events(of: run, after: 0))
    }
}

/// A run in a list.
package struct ListedRun: Sendable {
    package var record: RunRecord
    package var stages: [StageRecord]
    /// The process that holds the lease for the run; nil if there is none.
    package var holder: LeaseHolder?
    /// Whether its open gate has timed out and its `on_timeout` has not been carried out yet.
    package var isOverdue = false
}

/// One run at one moment: its state in the journal and the observed endpoint.
package struct RunView: Sendable {
    package var plan: Plan
    package var situation: RunSituation
    /// The outcomes of its clients' requests; nil if they are not counted.
    package var clients: ClientCounts?
    /// Why the endpoint could not be observed; nil if it was observed, or did not need to be.
    package var unobservable: String?

    package var record: RunRecord { situation.record }
}

/// The result of verifying a run's hash chain.
package struct ChainVerification: Encodable, Sendable {
    package var run: RunID
    package var holds: Bool
    /// The number of events; null if the chain is broken.
    package var events: Int?
    package var head: String?
    package var problems: [String]
}

/// A run with everything that the journal stores about it.
package struct RunExport: Sendable {
    package var run: StoredRun
    package var requests: [StoredRequest]
    package var events: [JournaledEvent]

    init(of run: StoredRun, requests: [StoredRequest], events: [JournaledEvent]) {
        self.run = run
        self.requests = requests
        self.events = events
    }
}

extension Phase {
    /// Whether the endpoint should be as the run left it, so that any difference is drift.
    fileprivate var expectsNoDrift: Bool {
        switch self {
        case .ready, .waiting, .baking, .analysing, .backingOff, .held: true
        case .starting, .acting, .rollingBack, .ended: false
        }
    }
}
