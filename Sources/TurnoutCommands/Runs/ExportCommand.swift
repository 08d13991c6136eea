internal import ArgumentParser
internal import FoundationEssentials
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout export`: writes everything that the journal stores about a run.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write everything about a run as one JSON document.",
        discussion: """
            Contains the run's record, the plan with its stages and source files, every request, and every event with \
            its hash. Records, plans and events have the journal's format: their times are milliseconds since 1970 \
            (UTC).

            EXAMPLES:
              turnout export safe-rollout-3 > safe-rollout-3.json
            """)

    @Argument(
        help: ArgumentHelp("A run, as listed by `turnout runs`.", valueName: "run"),
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    func run() async throws {
        try await withService(.read) { service in
            let export = try service.export(try service.runToShow(run).id)
            StandardOutput.shared.line(try JSONText.pretty(ExportReport(export)))
        }
    }
}

/// The output of `turnout export`.
struct ExportReport: Encodable {
    struct File: Encodable {
        var path: String
        /// The SHA-256 digest in lowercase hexadecimal.
        var digest: String
        /// The content if it is UTF-8.
        var text: String?
        /// The content if it is not UTF-8.
        var base64: String?

        init(_ file: Plan.File, _ bytes: Data?) {
            path = file.path
            digest = file.digest
            text = bytes.flatMap { String(bytes: $0, encoding: .utf8) }
            base64 = text == nil ? bytes?.base64EncodedString() : nil
        }
    }

    struct Stage: Encodable {
        var record: StageRecord
        var definition: Rollouts.Stage
    }

    struct Event: Encodable {
        var sequence: Int
        var at: JSONTime
        var stage: String?
        var kind: String
        var epoch: Int
        var hash: String
        var event: RunEvent
    }

    var run: RunRecord
    var plan: Plan.Header
    var planHash: String
    var stages: [Stage]
    var files: [File]
    var requests: [StoredRequest]
    var events: [Event]

    private enum CodingKeys: String, CodingKey {
        case run, plan, stages, files, requests, events
        case planHash = "plan_hash"
    }

    init(_ export: RunExport) {
        let stored = export.run
        run = stored.record
        plan = stored.snapshot.plan.header
        planHash = stored.snapshot.hash
        stages = zip(stored.stages, stored.snapshot.plan.stages).map { Stage(record: $0, definition: $1) }
        files = stored.snapshot.plan.files.map { File($0, stored.snapshot.contents[$0.path]) }
        requests = export.requests
        events = export.events.map {
            Event(
                sequence: $0.sequence, at: JSONTime($0.at), stage: $0.stage, kind: $0.kind, epoch: $0.epoch,
                hash: $0.hash, event: $0.event)
        }
    }
}
