internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

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
        let count = "\(problems.count) problem\(problems.count == 1 ? "" : "s")"
        return
            (problems.map { style("✗", .red) + " " + $0.printable }
            + [style.bold("\(run): the chain is broken, \(count)")]).joined(separator: "\n")
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

/// What became of a look at a chain, as a line of `events --verify --json`.
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
