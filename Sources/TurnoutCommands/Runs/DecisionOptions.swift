internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// What `approve` and `reject` have in common.
struct DecisionOptions: ParsableArguments {
    @Argument(
        help: "The run; without it, the only one that waits.",
        completion: .custom { _, _, _ in Completions.unfinishedRuns() })
    var run: String?

    @Option(
        help: "The stage; without it, the one whose gate is open.",
        completion: .custom { _, _, _ in Completions.stages() })
    var stage: String?

    @Option(help: "Why, for the record.")
    var reason: String?

    @Option(help: ArgumentHelp("Who decides, instead of the user of this process; asserted.", valueName: "name"))
    var by: String?

    @Flag(help: "Go on with the run, if no other process works on it.")
    var resume = false

    @OptionGroup var options: RunOptions

    /// Keeps the decision, and goes on with the run where that is asked for.
    func decide(_ kind: Request.Kind) async throws {
        let workspace = Workspace()
        let status = try await workspace.withJournal { journal in
            try await decide(kind, RunWork(workspace: workspace, journal: journal, options: options))
        }
        try status.leave()
    }

    private func decide(_ kind: Request.Kind, _ work: RunWork) async throws -> ExitStatus {
        let record = try RunSelection.run(run, in: work.journal, wanted: "waiting for an approval") { record in
            stage == nil ? record.status == .waiting : !record.status.isEnded
        }
        let decision = GateDecision(kind: kind, stage: stage, by: try .current(calling: by), reason: reason)
        let isLive = try work.journal.holder(of: record.id) != nil
        let subject = try decision.subject(in: try work.journal.load(record.id), isLive: isLive)
        let now = try BackendSelection(named: record.backend).backend.time(in: work.workspace)
        try decision.checkTime(of: subject, at: now)
        do throws(JournalError) {
            tell(try decision.submit(on: subject, to: work.journal, at: now), subject)
        } catch {
            // Who types `approve --resume` after `approve` wants to go on.
            guard error.code == .notAllowed else { throw error }
            guard resume, try isDecided(kind, subject, work.journal) else {
                let next = try work.journal.nextCommand(for: record.id, in: work.workspace)
                throw JournalError(.notAllowed, "\(error.message); next: \(next)")
            }
            say("note: \(error.message)".printable)
        }
        guard try work.journal.holder(of: record.id) == nil else {
            guard options.wait else {
                say("the process that works on \(record.id) takes it up")
                return .finished
            }
            return try await work.follow(record.id)
        }
        guard resume else {
            say(
                "no process works on \(record.id); next: "
                    + (try work.journal.nextCommand(for: record.id, in: work.workspace)))
            return .finished
        }
        return try await work.takeUp(record.id)
    }

    /// True where the same was said of the stage before, and not the opposite.
    private func isDecided(
        _ kind: Request.Kind, _ subject: GateDecision.Subject, _ journal: SQLiteJournal
    ) throws(JournalError) -> Bool {
        let said = try journal.requests(of: subject.run.id).map(\.request).filter {
            $0.stage == subject.stage.name && ($0.kind == .approve || $0.kind == .reject)
        }
        return said.last?.kind == kind
    }

    private func tell(_ request: Request, _ subject: GateDecision.Subject) {
        let word = request.kind == .approve ? "approved" : "rejected"
        let early = subject.gate == nil ? ", ahead of its gate" : ""
        let reason = request.reason.map { ": \($0)" } ?? ""
        let stage = "\(subject.run.id): stage \(subject.stage.name)"
        say("\(stage) \(word) by \(request.by) (asserted)\(early)\(reason)".printable)
    }

    /// With `--json`, standard output is the run's alone.
    private func say(_ text: String) {
        if options.json { Notices.say(text) } else { StandardOutput.shared.line(text) }
    }
}
