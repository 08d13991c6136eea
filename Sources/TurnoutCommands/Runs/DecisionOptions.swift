internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// The options that `approve` and `reject` share.
struct DecisionOptions: ParsableArguments {
    @Argument(
        help: "The run. Default: the only one that waits.",
        completion: .custom { _, _, _ in Completions.unfinishedRuns() })
    var run: String?

    @Option(
        help: "The stage. Default: the one with the open gate.",
        completion: .custom { _, _, _ in Completions.stages() })
    var stage: String?

    @Option(help: "The reason, for the record.")
    var reason: String?

    @Option(help: ArgumentHelp("The person who decides; not authenticated. Default: this user.", valueName: "name"))
    var by: String?

    @Flag(help: "Resume the run, if no other process is working on it.")
    var resume = false

    @OptionGroup var options: RunOptions

    /// Records the decision, and resumes the run if requested.
    func decide(_ kind: Request.Kind) async throws {
        let status = try await withService(as: try Composition.current.caller.by(by)) { service in
            let id = try service.run(run, wanted: "waiting for an approval") { record in
                stage == nil ? record.status == .waiting : !record.status.isEnded
            }.id
            // A person who types `approve --resume` after `approve` wants to resume the run.
            let made = try service.decide(kind, on: id, stage: stage, reason: reason, mayRepeat: resume)
            options.say(made.words.printable)
            if options.json { StandardOutput.shared.line(try JSONText.line(DecisionMadeReport(made))) }
            let holder = try service.journal.holder(of: id)
            guard resume, holder == nil else { return try await options.leave(id, to: holder, on: service) }
            return try await options.perform(on: service) { .end(try await service.takeUp(id, $0)) }.status
        }
        try status.leave()
    }
}

extension Caller {
    /// Returns the same caller, under the name of `--by` if it is given.
    fileprivate func by(_ name: String?) throws(CommandFailure) -> Caller {
        guard let name else { return self }
        do throws(ServiceError) { return try calling(name) } catch {
            throw CommandFailure(.usage, "--by: \(error.message)")
        }
    }
}

/// A decision in a line of `--json`, before the run is resumed or left.
private struct DecisionMadeReport: Encodable {
    var event = "request.made"
    var run: RunID
    var stage: String
    var request: Request.Kind
    var by: String
    var at: JSONTime
    var reason: String?
    /// Whether the stage's gate is not open yet.
    var isEarly: Bool
    var message: String

    init(_ made: DecisionMade) {
        (run, stage, request, by) = (made.run, made.stage, made.request.kind, made.request.by.description)
        (at, reason, isEarly, message) = (JSONTime(made.request.at), made.request.reason, made.isEarly, made.words)
    }

    private enum CodingKeys: String, CodingKey {
        case event, run, stage, request, by, at, reason, message
        case isEarly = "early"
    }
}

extension DecisionMade {
    fileprivate var words: String {
        if let repeated { return "note: \(repeated)" }
        let word = request.kind == .approve ? "approved" : "rejected"
        let other = replaced.map { "the \($0.kind == .approve ? "approval" : "rejection") of \($0.at.zoned)" }
        let early = (isEarly ? ", in advance" : "") + (other.map { ", replacing \($0)" } ?? "")
        return "\(run): stage \(stage) \(word) by \(request.by) (asserted)\(early)"
            + (request.reason.map { ": \($0)" } ?? "")
    }
}
