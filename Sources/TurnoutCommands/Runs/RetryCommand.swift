internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// `turnout retry`: tries a held stage again, or forks a new run from an ended one.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try a held stage again, or start anew from where an ended run failed.",
        discussion: """
            A run that has ended is never changed: a new run is forked from it, which counts the stages before as done \
            in its parent. It uses the playbook as its parent kept it, or with --adopt as it is on disk.

            EXAMPLES:
              turnout retry
              turnout retry safe-rollout-1 --from canary
              turnout retry safe-rollout-1 --adopt
            """)

    @Argument(
        help: "The run; without it, the only one that is held, or the latest on its endpoint if it had no success.",
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Option(help: ArgumentHelp("Fork a new run that begins with this stage.", valueName: "stage"))
    var from: String?

    @Option(help: "Why, for the record.")
    var reason: String?

    @Flag(help: "Fork with the edited playbook; stages that count as done must be as they were.")
    var adopt = false

    @Option(help: ArgumentHelp("Approve a gate of the forked run ahead of time; or all.", valueName: "stage|all"))
    var approve: [String] = []

    @OptionGroup var options: RunOptions

    func run() async throws {
        let workspace = Workspace()
        let status = try await workspace.withJournal { journal in
            try await retry(RunWork(workspace: workspace, journal: journal, options: options))
        }
        try status.leave()
    }

    private func retry(_ work: RunWork) async throws -> ExitStatus {
        let record = try select(in: work.journal)
        if record.status.isEnded {
            guard record.status != .succeeded || from != nil else {
                throw CommandFailure(
                    .usage, "run \(record.id) has succeeded; `--from STAGE` forks a new run from one of its stages")
            }
            return try await fork(try work.journal.load(record.id), work)
        }
        guard from == nil else {
            throw CommandFailure(
                .usage,
                "run \(record.id) has not ended (\(record.status.words)), so that nothing is forked from it; "
                    + "end it first by `turnout abort \(record.id)`, or go on with it by "
                    + "`\(try work.journal.nextCommand(for: record.id, in: work.workspace))`"
            )
        }
        guard case .held(let hold) = record.phase, hold.accepts(.retry) else {
            throw CommandFailure(
                .usage,
                "run \(record.id) is \(record.status.words), and there is no stage to try again; "
                    + "next: \(try work.journal.nextCommand(for: record.id, in: work.workspace))"
            )
        }
        guard approve.isEmpty else {
            throw CommandFailure(
                .usage,
                "--approve is for a run that is forked, and \(record.id) goes on: `turnout approve \(record.id) --stage "
                    + "STAGE` approves its stages ahead of time")
        }
        let request = Request(
            kind: .retry, planHash: record.planHash, by: .current(), at: SystemClock().now(), reason: reason)
        _ = try work.journal.submit(request, to: record.id) { _ in }
        return try await work.takeUp(record.id)
    }

    private func select(in journal: SQLiteJournal) throws -> RunRecord {
        if run == nil, from == nil, try journal.runs().contains(where: { $0.status == .held }) {
            return try RunSelection.run(nil, in: journal, wanted: "held") { $0.status == .held }
        }
        // What a later run has done to the endpoint is not to be undone by an old one, unless a person names it.
        let newest = Dictionary(
            try journal.runs().map { ($0.leaseKey, $0.id) }, uniquingKeysWith: { first, _ in first })
        return try RunSelection.run(run, in: journal, wanted: "the latest on its endpoint and ended without success") {
            $0.status.isEnded && $0.status != .succeeded && newest[$0.leaseKey] == $0.id
        }
    }

    private func fork(_ parent: StoredRun, _ work: RunWork) async throws -> ExitStatus {
        let (journal, id) = (work.journal, parent.record.id)
        let first = try firstStage(of: parent)
        let edited = EditedFiles(parent, in: work.workspace)
        var snapshot = parent.snapshot
        if adopt {
            snapshot = try Adoption.plan(
                parent.snapshot, playbook: edited.playbook, for: journal.nextRunID(of: id.playbook))
            try refuseChanges(in: snapshot.plan, since: parent, before: first)
        } else if !edited.names.isEmpty {
            for line in edited.lines { Notices.say(line) }
            Notices.say(
                "note: \(edited.names.joined(separator: ", ")) changed since \(id) started; "
                    + "the new run uses what \(id) keeps, unless --adopt is given")
        }
        let approvals = try EarlyApprovals(approve, in: snapshot.plan, from: first)
        let dropped = Self.dropped(
            try journal.requests(of: id), in: snapshot.plan, from: first, given: approvals.stages)
        let selection = try BackendSelection(of: snapshot.plan)
        try refuseUnfinishedRun(on: selection.leaseKey(of: snapshot.plan), journal, work.workspace)
        let open = try await selection.open(.work, for: snapshot.plan, in: work.workspace)
        return try await work.work(in: open) {
            let started = try await RunStarting(journal: journal, selection: selection, open: open).start(
                id.playbook, approved: approvals.stages, parent: (parent, first)
            ) { _ in snapshot }
            for note in approvals.notes { Notices.say("note: \(note)") }
            if !dropped.isEmpty {
                Notices.say(
                    "note: approvals that \(id) was given ahead of time are not carried over; "
                        + "`turnout retry` takes them anew: \(dropped.map { "--approve \($0)" }.joined(separator: " "))"
                )
            }
            return started
        }
    }

    /// The stages from `first` on that were approved ahead of time in the parent, and are not in the fork.
    ///
    /// An approval is bound to one run: whoever gave it may have meant no second try.
    static func dropped(_ kept: [KeptRequest], in plan: Plan, from first: Int, given: [String]) -> [String] {
        let early = Set(kept.map(\.request).filter { $0.kind == .approve && $0.fingerprint == nil }.map(\.stage))
        return plan.stages.dropFirst(first)
            .filter { $0.skip == nil && $0.approval != nil && early.contains($0.name) && !given.contains($0.name) }
            .map(\.name)
    }

    /// Where the new run begins: `--from`, or the first stage of the parent that is not in effect any more.
    private func firstStage(of parent: StoredRun) throws(CommandFailure) -> Int {
        let (stages, id) = (parent.stages, parent.record.id)
        let furthest = min(parent.record.position, stages.count - 1)
        guard let from else {
            return EditedFork.first(of: parent)
        }
        guard let index = stages.firstIndex(where: { $0.name == from }) else {
            let near = nearest(from, among: stages.map(\.name)).map { "did you mean '\($0)'?" }
            throw CommandFailure(
                .usage,
                "run \(id) has no stage '\(from)'; \(near ?? "it has \(stages.map(\.name).joined(separator: ", "))")")
        }
        guard index <= furthest else {
            throw CommandFailure(
                .usage, "run \(id) never came to stage \(from): the furthest to begin with is \(stages[furthest].name)")
        }
        if let taken = EditedFork.takenBack(parent, before: index) {
            throw CommandFailure(
                .usage,
                "stage \(stages[taken].name) of \(id) was taken back, so that a run from \(from) on would count as done "
                    + "what is not in effect; the furthest to begin with is \(stages[taken].name)")
        }
        return index
    }

    /// Refuses where a stage that counts as done has changed, and names the stage from which it is done anew.
    func refuseChanges(in new: Plan, since parent: StoredRun, before first: Int) throws(CommandFailure) {
        guard let change = EditedFork.change(in: new, since: parent, before: first) else { return }
        let way = change.earlier.map {
            (["`turnout retry \(parent.record.id) --from \(new.stages[$0].name) --adopt"]
                + approve.map { "--approve \($0)" }).joined(separator: " ") + "` begins early enough"
        }
        throw CommandFailure(
            .invalidPlaybook,
            "stage \(change.stage) counts as done in \(parent.record.id), and the edited playbook has another "
                + "definition in its place; \(way ?? "start anew by `turnout run`")")
    }
}
