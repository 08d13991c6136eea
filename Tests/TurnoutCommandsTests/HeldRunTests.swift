import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("Next commands of held runs")
struct HeldRunTests {
    private static let rollBack = RollBack(
        cause: "the canary failed", purpose: .end(.rolledBack), deadline: Timestamp(milliseconds: 0))
    private static let attempt = Attempt(
        number: 1, deadline: Timestamp(milliseconds: 0), steps: [], intent: Intent(key: "k", before: .never))

    private static let causes: [Hold.Cause] = [
        .drift([]), .adopted, .unknown(attempt), .failed, .timedOut, .inconclusive, .rollBackFailed(rollBack),
    ]

    @Test("P21 every command that is offered to a held run asks for something that it accepts", arguments: causes)
    func held(_ cause: Hold.Cause) throws {
        var record = RunRecord(
            id: RunID(playbook: "safe-rollout", number: 1), backend: "local", endpoint: "my-endpoint", planHash: "hash",
            starter: Person(name: "ada", host: "desk"), started: Timestamp(milliseconds: 0))
        let hold = Hold(cause: cause, reason: "it is so")
        record.phase = .held(hold)
        record.status = .held
        let choices = NextCommand(RunSituation(record: record, stages: [])).choices
        #expect(choices.count > 1)
        for choice in choices {
            let kind = try #require(Self.kind(of: choice.command), "\(choice.command)")
            #expect(hold.accepts(kind), "\(choice.command)")
        }
    }

    /// What a command asks of the run.
    private static func kind(of command: String) -> Request.Kind? {
        if command.contains(" --restore") { return .restore }
        if command.contains(" --adopt") { return .adopt }
        if command.contains(" --succeeded") { return .succeed }
        return command.split(separator: " ").dropFirst().first.flatMap { Request.Kind(rawValue: String($0)) }
    }
}
