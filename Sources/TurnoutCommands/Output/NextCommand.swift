internal import RolloutEngine

/// What to type next about a run.
///
/// Every place that tells a person what to do takes the words from here.
struct NextCommand: Sendable {
    /// The first is the one to type, the others are the ways out that a person may choose instead.
    var choices: [Choice]

    struct Choice: Hashable, Sendable {
        var command: String
        /// What it does, as a fragment.
        var purpose: String
    }

    /// The command to type, or nil when there is nothing left to do.
    var text: String? { choices.first?.command }

    /// What comes next depends on whether a process works on the run now (`isLive`).
    ///
    /// A run that was decided about goes on, rather than asks again.
    init(_ record: RunRecord, isLive: Bool, decided: KeptDecisions = .none) {
        let run = record.id.description
        let abort = Choice(command: "turnout abort \(run)", purpose: "roll back and end it")
        if decided.letsGoOn, !record.status.isEnded {
            choices = [
                isLive
                    ? Choice(command: "turnout status \(run) --watch", purpose: "follow it")
                    : Choice(command: "turnout resume \(run)", purpose: "go on as it was decided")
            ]
            if !decided.requests.contains(where: { $0.kind == .abort }) { choices.append(abort) }
            return
        }
        switch record.status {
        case .running where isLive:
            choices = [Choice(command: "turnout status \(run) --watch", purpose: "follow it"), abort]
        case .running: choices = [Choice(command: "turnout resume \(run)", purpose: "go on where it was left"), abort]
        case .waiting:
            let resume = isLive ? "" : " --resume"
            choices = [
                Choice(command: "turnout approve \(run)\(resume)", purpose: "say yes and go on"),
                Choice(command: "turnout reject \(run)\(resume) --reason TEXT", purpose: "say no"),
                abort,
            ]
        case .held: choices = Self.waysOut(of: record.phase, run) + [abort]
        case .succeeded: choices = []
        case .failed, .rolledBack, .aborted:
            choices = [
                Choice(command: "turnout retry \(run)", purpose: "try again from where it failed"),
                Choice(command: "turnout retry \(run) --adopt", purpose: "try again with the files as they are now"),
            ]
        }
    }

    private static func waysOut(of phase: Phase, _ run: String) -> [Choice] {
        guard case .held(let hold) = phase else { return [] }
        let retry = Choice(command: "turnout retry \(run)", purpose: "try the stage again")
        let skip = Choice(command: "turnout skip \(run) --resume --reason TEXT", purpose: "go on without the stage")
        let done = Choice(
            command: "turnout skip \(run) --succeeded --resume --reason TEXT",
            purpose: "count the stage as done, since you have seen to it")
        switch hold.cause {
        case .drift:
            return [
                Choice(command: "turnout resume \(run) --restore", purpose: "bring the endpoint back to what it was"),
                Choice(command: "turnout resume \(run) --adopt", purpose: "take the endpoint as it is"),
            ]
        case .unknown: return [done, retry, skip]
        case .failed, .timedOut, .inconclusive: return [retry, skip, done]
        case .rollBackFailed:
            return [
                Choice(command: "turnout retry \(run)", purpose: "try the way back again"),
                Choice(command: "turnout resume \(run) --adopt", purpose: "leave the endpoint as it is"),
            ]
        }
    }
}
