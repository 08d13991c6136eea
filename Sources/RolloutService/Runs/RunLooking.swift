internal import PlaybookSyntax
package import RolloutEngine
package import Rollouts
internal import Support

extension RolloutService {
    /// The run that `text` names or, without it, the only one that fits.
    ///
    /// `wanted` says what kind of run it is about, as in "no run is waiting".
    package func run(_ text: String?, wanted: String, fits: (RunRecord) -> Bool) throws -> RunRecord {
        if let text { return try run(named: text) }
        let all = try journal.runs()
        let fitting = all.filter(fits)
        if fitting.count == 1, let only = fitting.first { return only }
        guard fitting.isEmpty else {
            throw ServiceError(
                .notPossible, "\(fitting.count) runs are \(wanted); name the one that you mean:\n" + Self.list(fitting))
        }
        guard !all.isEmpty else { throw Self.noRuns }
        throw ServiceError(.notPossible, "no run is \(wanted); there are:\n" + Self.list(all))
    }

    /// The run that `text` names; without it the only one that has not ended or, where all have, the newest.
    package func runToShow(_ text: String?) throws -> RunRecord {
        if text == nil {
            let all = try journal.runs()
            if let newest = all.first, all.allSatisfy(\.status.isEnded) { return newest }
        }
        return try run(text, wanted: "not ended") { !$0.status.isEnded }
    }

    /// The run to try again: the only one that is held, or the latest on its endpoint that ended without success.
    package func runToRetry(_ text: String?, isForked: Bool) throws -> RunRecord {
        if text == nil, !isForked, try journal.runs().contains(where: { $0.status == .held }) {
            return try run(nil, wanted: "held") { $0.status == .held }
        }
        // What a later run has done to the endpoint is not to be undone by an old one, unless a person names it.
        let newest = Dictionary(
            try journal.runs().map { ($0.leaseKey, $0.id) }, uniquingKeysWith: { first, _ in first })
        return try run(text, wanted: "to be tried again") {
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
                .notPossible, "there is no run '\(text)': there are none yet", [.start(playbook: nil)])
        }
        let hint = didYouMean(text, among: runs.map(\.id.description)) ?? "the latest are:\n" + list(runs)
        return ServiceError(.notPossible, "there is no run '\(text)'; \(hint)")
    }

    private static let noRuns = ServiceError(.notPossible, "there are no runs yet", [.start(playbook: nil)])

    private static func list(_ runs: [RunRecord]) -> String {
        let shown = runs.prefix(10).map { "  \($0.id)  \($0.status.words)\($0.reason.map { ": \($0)" } ?? "")" }
        return (shown + (runs.count > 10 ? ["  … and \(runs.count - 10) more"] : [])).joined(separator: "\n")
    }

    /// Where a run stands for the caller.
    package func situation(of run: RunID) throws -> RunSituation { try situation(of: try journal.load(run)) }

    package func situation(of run: StoredRun) throws -> RunSituation {
        try situation(
            of: RunState(record: run.record, stages: run.stages), run.snapshot.plan,
            runner: try journal.runnerState(of: run.record.id), now: try now(of: run.record.backend)
        ) { () throws(JournalError) in run }
    }

    /// The time in the world of a backend.
    func now(of backend: String) throws -> Timestamp {
        try backends.selection(named: backend).plugin.now(in: workspace.state)
    }

    /// The same of a run whose state is at hand; `edited` gives what it keeps of its files, where that matters.
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

    /// A run as it is now: as the journal has it and, unless it has ended, on its endpoint as that is observed (P23).
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

/// Looks at one run again and again, on a backend that stays open from one look to the next.
package actor RunViewer {
    private let run: RunID
    private let service: RolloutService
    private var session: (any BackendSession)?

    package init(_ run: RunID, of service: RolloutService) {
        self.run = run
        self.service = service
    }

    /// The run as it is now; see ``RolloutService/view(of:)``.
    package func view() async throws -> RunView {
        let stored = try service.journal.load(run)
        var view = RunView(plan: stored.snapshot.plan, situation: try service.situation(of: stored))
        view.clients = try service.backends.selection(named: stored.record.backend).plugin
            .clients(of: run, in: service.workspace.state)
        if !view.record.status.isEnded, view.record.latest != .never { await look(&view) }
        return view
    }

    /// Closes the backend; what goes wrong with that is told as a warning.
    package func close() async {
        guard let session else { return }
        self.session = nil
        do { try await session.close() } catch { service.warn("the backend was not closed: \(error)") }
    }

    private func look(_ view: inout RunView) async {
        do {
            let (endpoint, now) = try await observation(of: view.plan)
            if session?.isCopy == true { await close() }
            let record = view.record
            if record.phase.isAtRest {
                view.situation.drift = differences(expected: record.expected, observed: endpoint)
            }
            view.situation.record.latest = Observation(endpoint)
            view.situation.record.latestAt = now
        } catch {
            view.unobservable = "\(error)"
            // Another look may find it elsewhere, as an emulator that was started again.
            await close()
        }
    }

    /// The endpoint as it is, and when; waits at most 5 s.
    private func observation(of plan: Plan) async throws -> (EndpointSnapshot?, Timestamp) {
        try await withThrowingTaskGroup { group in
            group.addTask {
                let session = try await self.opened(for: plan)
                // Only what is kept is shown: the next look may find somebody who serves it.
                if let caveat = session.caveat { throw BackendError(.unavailable, caveat) }
                return (try await session.backend.observe(plan.endpoint), session.now)
            }
            group.addTask {
                try await Task.sleep(for: .seconds(5))
                throw BackendError(.unavailable, "it does not answer within 5 s")
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
    /// All runs, newest first.
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

    /// Whether the hash chains of a run, or of all runs, hold (P13).
    ///
    /// A record that was tampered with does not keep its events from being looked at.
    package func verify(_ text: String?) throws -> [ChainVerification] {
        let all = try journal.runIDs()
        var meant = Array(all.reversed())
        if let text {
            meant = if let id = RunID(text), all.contains(id) { [id] } else { [try runToShow(text).id] }
        }
        guard !meant.isEmpty else { throw Self.noRuns }
        return try meant.map { run in
            let problems = try journal.verify(run)
            // Events that cannot be decoded are among the problems; without one, all can be.
            let last = problems.isEmpty ? try journal.events(of: run, after: 0).last : nil
            return ChainVerification(
                run: run, holds: problems.isEmpty, events: last?.sequence, head: last?.hash, problems: problems)
        }
    }

    /// Everything that the journal has of a run.
    package func export(_ run: RunID) throws -> RunExport {
        RunExport(
            of: try journal.load(run), requests: try journal.requests(of: run),
            events: try journal.events(of: run, after: 0))
    }
}

/// A run as a list has it.
package struct ListedRun: Sendable {
    package var record: RunRecord
    package var stages: [StageRecord]
    /// Who works on it; nil where no process has taken it.
    package var holder: LeaseHolder?
    /// Whether the time to decide its open gate is over, and what its time-out says is still to be carried out.
    package var isOverdue = false
}

/// One run at one moment: as the journal has it, on the endpoint as it is.
package struct RunView: Sendable {
    package var plan: Plan
    package var situation: RunSituation
    /// What its clients have met; nil where nobody counts.
    package var clients: ClientCounts?
    /// Why the endpoint cannot be observed now; nil where it was, or need not be.
    package var unobservable: String?

    package var record: RunRecord { situation.record }
}

/// What became of a look at a run's hash chain.
package struct ChainVerification: Encodable, Sendable {
    package var run: RunID
    package var holds: Bool
    /// Null where the chain is broken.
    package var events: Int?
    package var head: String?
    package var problems: [String]
}

/// A run with everything that the journal has of it.
package struct RunExport: Sendable {
    package var run: StoredRun
    package var requests: [KeptRequest]
    package var events: [JournaledEvent]

    init(of run: StoredRun, requests: [KeptRequest], events: [JournaledEvent]) {
        self.run = run
        self.requests = requests
        self.events = events
    }
}

extension Phase {
    /// Whether the endpoint is as the run left it, unless others have changed it.
    fileprivate var isAtRest: Bool {
        switch self {
        case .ready, .waiting, .baking, .analysing, .backingOff, .held: true
        case .starting, .acting, .rollingBack, .ended: false
        }
    }
}
