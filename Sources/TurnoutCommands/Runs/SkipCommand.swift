internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// `turnout skip`: goes on without a stage, or counts it as done.
struct SkipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Go on without a stage, or count it as done by hand.",
        discussion: """
            Both are recorded with who and why. A stage that acts now is let finish first.

            EXAMPLES:
              turnout skip --reason "tested by hand" --succeeded --resume
              turnout skip safe-rollout-1 --stage mirror --reason "no budget for it"
            """)

    @Argument(
        help: "The run; without it, the only one that has not ended.",
        completion: .custom { _, _, _ in Completions.unfinishedRuns() })
    var run: String?

    @Option(
        help: "The stage; without it, the one that is under way or next.",
        completion: .custom { _, _, _ in Completions.stages() })
    var stage: String?

    @Option(help: "Why, for the record.")
    var reason: String

    @Flag(help: "Count the stage as done, since you have seen to it by hand.")
    var succeeded = false

    @Flag(help: "Go on with the run, if no other process works on it.")
    var resume = false

    @OptionGroup var options: RunOptions

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--reason must say why") }
    }

    func run() async throws {
        let workspace = Workspace()
        let status = try await workspace.withJournal { journal in
            try await skip(RunWork(workspace: workspace, journal: journal, options: options))
        }
        try status.leave()
    }

    private func skip(_ work: RunWork) async throws -> ExitStatus {
        let record = try RunSelection.run(run, in: work.journal, wanted: "under way") { !$0.status.isEnded }
        let name = try stageName(of: record, work)
        try refuse(name, in: try work.journal.load(record.id))
        let kind: Request.Kind = succeeded ? .succeed : .skip
        let request = Request(
            kind: kind, stage: name, planHash: record.planHash, by: .current(), at: SystemClock().now(),
            reason: reason)
        _ = try work.journal.submit(request, to: record.id) { kept throws(JournalError) in
            let same = kept.first {
                !$0.isUsed && $0.request.stage == name && ($0.request.kind == .skip || $0.request.kind == .succeed)
            }
            guard let same else { return }
            throw JournalError(
                .notAllowed, "\(same.request.by) has said \(same.request.kind.rawValue) of stage \(name) already")
        }
        let word = succeeded ? "counts as done" : "is skipped"
        Notices.say("\(record.id): stage \(name) \(word), says \(request.by): \(reason)".printable)
        if try work.journal.holder(of: record.id) != nil {
            Notices.say("the process that works on \(record.id) takes it up")
            return options.wait ? try await work.follow(record.id) : .finished
        }
        guard resume else {
            Notices.say(
                "no process works on \(record.id); next: "
                    + (try work.journal.nextCommand(for: record.id, in: work.workspace)))
            return .finished
        }
        return try await work.takeUp(record.id)
    }

    /// Refuses who may not pass the stage's gate, and what would leave a mirror on for good.
    private func refuse(_ name: String, in run: StoredRun) throws(CommandFailure) {
        guard let index = run.snapshot.plan.stages.firstIndex(where: { $0.name == name }) else { return }
        let stage = run.snapshot.plan.stages[index]
        if let approval = stage.approval {
            try GateDecision(kind: .approve, by: .current()).checkPerson(approval, run.record, name)
        }
        guard run.snapshot.plan.endsMirror(index, of: run.record) else { return }
        let mirror = run.record.latest.snapshot?.mirrorTraffic.wanted ?? .none
        throw CommandFailure(
            .usage,
            "stage \(name) turns off the mirror (\(mirror)), and no later stage does: without it the mirror would stay on "
                + "for good; let it act, or `turnout abort \(run.record.id)`")
    }

    private func stageName(of record: RunRecord, _ work: RunWork) throws -> String {
        let stages = try work.journal.stages(of: record.id)
        guard !record.status.isEnded else {
            throw CommandFailure(
                .usage, "run \(record.id) has ended (\(record.status.words)): nothing is left to skip")
        }
        switch record.phase {
        case .rollingBack:
            throw CommandFailure(.usage, "run \(record.id) is on its way back: nothing is left to skip")
        case .held(let hold):
            if case .rollBackFailed = hold.cause {
                throw CommandFailure(
                    .usage,
                    "the way back of \(record.id) failed: nothing is left to skip; "
                        + "next: \(try work.journal.nextCommand(for: record.id, in: work.workspace))")
            }
        default: break
        }
        guard let stage else {
            guard stages.indices.contains(record.position) else {
                throw CommandFailure(.usage, "all stages of \(record.id) are done")
            }
            return stages[record.position].name
        }
        guard let index = stages.firstIndex(where: { $0.name == stage }) else {
            let near = nearest(stage, among: stages.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure(.usage, "run \(record.id) has no stage '\(stage)'\(near)")
        }
        guard index >= record.position else {
            throw CommandFailure(.usage, "stage \(stage) of \(record.id) is done (\(stages[index].status.rawValue))")
        }
        return stage
    }
}
