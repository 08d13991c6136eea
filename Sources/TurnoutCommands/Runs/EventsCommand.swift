internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// Lists what happened in a run, or checks that nobody has edited it.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List a run's events, or verify their hash chain.",
        discussion: """
            Events are the truth of a run: one immutable line each, bound to the one before by its hash. --verify \
            names every event that was edited, deleted or reordered, and exits with 1 when there is one; without RUN, of \
            all runs. Events are listed of the only run that has not ended or, where all have, of the newest.

            EXAMPLES:
              turnout events
              turnout events safe-rollout-3 --verify
              turnout events safe-rollout-3 --json | jq 'select(.event == "run.held")'
            """)

    @Argument(
        help: ArgumentHelp("As `turnout runs` lists it.", valueName: "run"),
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Flag(help: "Print one JSON object a line, with its hash.")
    var json = false

    @Flag(help: "Check the hash chain, of all runs without RUN, instead of listing the events.")
    var verify = false

    @Flag(help: "Go on with new events as they come, until the run ends or is interrupted.")
    var follow = false

    func validate() throws {
        guard !(verify && follow) else { throw ValidationError("--verify and --follow exclude each other") }
    }

    func run() async throws {
        let workspace = Workspace()
        guard workspace.hasJournal else {
            throw CommandFailure(.usage, "there are no runs yet; `turnout run PLAYBOOK` starts one")
        }
        try await workspace.withJournal(readOnly: true) { journal in
            if verify {
                try verify(in: journal)
            } else {
                try await list(RunSelection.toLookAt(run, in: journal).id, in: journal)
            }
        }
    }

    /// The runs to verify; a record that was tampered with must not keep its events from being looked at.
    private func verified(in journal: SQLiteJournal) throws -> [RunID] {
        let all = try journal.runIDs()
        guard let run else {
            guard !all.isEmpty else {
                throw CommandFailure(.usage, "there are no runs yet; `turnout run PLAYBOOK` starts one")
            }
            return all.reversed()
        }
        if let id = RunID(run), all.contains(id) { return [id] }
        return [try RunSelection.toLookAt(run, in: journal).id]
    }

    private func list(_ run: RunID, in journal: any Journal) async throws {
        var last = 0
        let lines = EventTable(style: Terminal.standardOutput.style)
        while true {
            let events = try journal.events(of: run, after: last)
            for event in events {
                StandardOutput.shared.line(
                    json ? try JSONText.line(JournaledEventReport(run: run, event: event)) : lines.line(event))
            }
            last = events.last?.sequence ?? last
            guard follow, StandardOutput.shared.isOpen, try !journal.record(of: run).status.isEnded else { return }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func verify(in journal: SQLiteJournal) throws {
        var holds = true
        for run in try verified(in: journal) {
            let problems = try journal.verify(run)
            // Events that cannot be decoded are among the problems; without one, all can be.
            let last = problems.isEmpty ? try journal.events(of: run, after: 0).last : nil
            let verification = Verification(
                run: run, holds: problems.isEmpty, events: last?.sequence, head: last?.hash, problems: problems)
            StandardOutput.shared.line(
                json ? try JSONText.line(verification) : verification.text(Terminal.standardOutput.style))
            holds = holds && problems.isEmpty
        }
        guard holds else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    struct Verification: Encodable {
        var run: RunID
        var holds: Bool
        /// Null where the chain is broken.
        var events: Int?
        var head: String?
        var problems: [String]

        func text(_ style: Style) -> String {
            guard !holds else {
                return style("✓", .green) + " \(run): chain of \(events ?? 0) events holds: \(head ?? "no events")"
            }
            let count = "\(problems.count) problem\(problems.count == 1 ? "" : "s")"
            return
                (problems.map { style("✗", .red) + " " + $0.printable }
                + [style.bold("\(run): the chain is broken, \(count)")]).joined(separator: "\n")
        }
    }
}

/// An event as a line for people: `12  10:15:30  canary  stage.succeeded  done; traffic {…}`.
struct EventTable {
    var style: Style

    func line(_ event: JournaledEvent) -> String {
        let moment = event.at.short
        let number = String("\(event.sequence)".reversed()).padded(to: 5)
        let head = String(number.reversed()) + "  " + style.dim(moment.padded(to: 19))
        let stage = (event.stage ?? "").printable.cut(to: 16).padded(to: 16)
        return "\(head)  \(stage)  \(event.kind.padded(to: 18))  "
            + style(event.event.sentence.printable, event.event.tint)
    }
}

/// An event as a line of `events --json`: as a running command tells it, with its place in the chain.
struct JournaledEventReport: Encodable {
    var run: RunID
    var event: JournaledEvent

    private enum Key: String, CodingKey {
        case sequence, epoch, hash
    }

    func encode(to encoder: any Encoder) throws {
        try EventReport(at: event.at, run: run, stage: event.stage, event: event.event).encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(event.sequence, forKey: .sequence)
        try container.encode(event.epoch, forKey: .epoch)
        try container.encode(event.hash, forKey: .hash)
    }
}
