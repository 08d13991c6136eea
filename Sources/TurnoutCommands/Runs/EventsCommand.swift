internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// `turnout events`: lists the events of a run, or verifies that they have not been edited.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List a run's events, or verify their hash chain.",
        discussion: """
            Every event is an immutable line that contains the hash of the previous one. --verify reports every event \
            that was edited, deleted or reordered, and exits with 1 if there is one; without RUN, it verifies all \
            runs. Default for RUN when listing: the only run that has not ended, or the newest if all have.

            EXAMPLES:
              turnout events
              turnout events safe-rollout-3 --verify
              turnout events safe-rollout-3 --json | jq 'select(.event == "run.held")'
            """)

    @Argument(
        help: ArgumentHelp("A run, as listed by `turnout runs`.", valueName: "run"),
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    @Flag(help: "Print one JSON object per line, with the event's hash.")
    var json = false

    @Flag(help: "Verify the hash chain of the run, or of all runs, instead of listing events.")
    var verify = false

    @Flag(help: "Print new events as they occur, until the run ends.")
    var follow = false

    func validate() throws {
        guard !(verify && follow) else { throw ValidationError("--verify and --follow cannot be combined") }
    }

    func run() async throws {
        try await withService(.read) { service in
            guard verify else { return try await list(service.runToShow(run).id, in: service.journal) }
            let verifications = try service.verify(run)
            for verification in verifications {
                StandardOutput.shared.line(
                    json
                        ? try JSONText.line(VerificationReport(verification: verification))
                        : verification.text(Terminal.standardOutput.style))
            }
            guard verifications.allSatisfy(\.holds) else { throw ExitCode(ExitStatus.failed.rawValue) }
        }
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
}

extension ChainVerification {
    func text(_ style: Style) -> String {
        guard !holds else {
            return style("✓", .green) + " \(run): chain of \(events ?? 0) events holds: \(head ?? "no events")"
        }
        let count = problems.count.counted("problem")
        return
            (problems.map { style("✗", .red) + " " + $0.printable }
            + [style.bold("\(run): the chain is broken, \(count)")]).joined(separator: "\n")
    }
}

/// Formats events as lines: `12  10:15:30  canary  stage.succeeded  done; traffic {…}`.
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

/// The result of verifying a chain, as a line of `events --verify --json`.
struct VerificationReport: Encodable {
    var verification: ChainVerification

    private enum Key: CodingKey {
        case event
    }

    func encode(to encoder: any Encoder) throws {
        try verification.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("chain.verified", forKey: .event)
    }
}

/// An event as a line of `events --json`: as in `run --json`, with its place in the chain.
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
