internal import ArgumentParser
internal import FoundationEssentials
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// Writes everything that the journal has of a run.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write everything about a run as one JSON document.",
        discussion: """
            The run's record, the plan with its stages and the files that it was made from, every request and every \
            event with its hash. Records, plans and events are as the journal keeps them: times in them are \
            milliseconds since 1970 in UTC.

            EXAMPLES:
              turnout export safe-rollout-3 > safe-rollout-3.json
            """)

    @Argument(
        help: ArgumentHelp("As `turnout runs` lists it.", valueName: "run"),
        completion: .custom { _, _, _ in Completions.runs() })
    var run: String?

    func run() async throws {
        try await withService(.read) { service in
            let export = try service.export(try service.runToShow(run).id)
            StandardOutput.shared.line(try JSONText.pretty(ExportReport(export)))
        }
    }
}

/// A run as `turnout export` writes it.
struct ExportReport: Encodable {
    struct File: Encodable {
        var path: String
        /// Lowercase hexadecimal SHA-256.
        var digest: String
        /// Its bytes, where they are UTF-8.
        var text: String?
        /// Its bytes otherwise.
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
    var requests: [KeptRequest]
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
