internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// The next steps of a run as command lines, for the person who reads them.
///
/// Every place that says what to type takes the words from here; which steps there are is the engine's to say
/// (``RunSituation/nextSteps``).
struct NextCommand: Sendable {
    /// The first is the one to type, the others are the ways out that a person may choose instead.
    var choices: [Choice]
    /// Who else has to decide, and how; nil where the person may.
    var others: String?

    struct Choice: Hashable, Sendable {
        var command: String
        /// What it does, as a fragment.
        var purpose: String
    }

    /// The command to type; nil if nothing is left to do, or another person has to decide.
    var text: String? { others == nil && !isOpen ? choices.first?.command : nil }
    /// True where no choice is likelier than the others.
    private var isOpen = false

    init(_ situation: RunSituation) {
        if case .held(let hold) = situation.record.phase, case .adopted = hold.cause { isOpen = true }
        choices = situation.nextSteps.map { Choice(command: $0.command(situation), purpose: $0.purpose(situation)) }
        guard case .waiting = situation.record.phase, !situation.decided.letsGoOn, situation.overdue == nil,
            situation.drift.isEmpty,
            let objection = situation.objection, let person = situation.person
        else { return }
        others =
            "\(objection.words(person)): \(objection.others) decides by "
            + "`\(NextStep.approve.command(situation))`"
    }

    /// A line for each choice with its purpose, which stands on the next line where the command leaves no room.
    func lines(_ style: Style, columns: Int) -> [String] {
        let width = choices.map(\.command.count).max() ?? 0
        let lines = choices.enumerated().flatMap { index, choice in
            let isFirst = index == 0 && text != nil
            let head = (isFirst ? "next: " : "  or: ") + style(choice.command, isFirst ? .bold : nil)
            let padding = String(repeating: " ", count: width - choice.command.count)
            let purpose = "  to \(choice.purpose)"
            return 6 + width + purpose.count > columns
                ? [head] + "to \(choice.purpose)".printable.hanging(behind: "          ", width: columns).map(style.dim)
                : [head + padding + style.dim(purpose)]
        }
        return (others?.printable.hanging(behind: "next: ", width: columns) ?? []) + lines
    }
}

extension NextStep {
    /// As it is typed.
    func command(_ situation: RunSituation) -> String {
        let run = situation.record.id
        let resume = [.working, .silent].contains(situation.runner) ? "" : " --resume"
        return switch self {
        case .follow: "turnout status \(run) --watch"
        case .resume: "turnout resume \(run)"
        case .takeOver: "turnout resume \(run) --take-over"
        case .approve: "turnout approve \(run)\(resume)"
        case .reject: "turnout reject \(run)\(resume) --reason TEXT"
        case .abort: "turnout abort \(run)"
        case .retry: "turnout retry \(run)"
        case .skip: "turnout skip \(run) --resume --reason TEXT"
        case .succeed: "turnout skip \(run) --succeeded --resume --reason TEXT"
        case .restore: "turnout resume \(run) --restore"
        case .adopt: "turnout resume \(run) --adopt"
        case .fork(from: nil): "turnout retry \(run)"
        case .fork(from: let stage?): "turnout retry \(run) --from \(stage)"
        case .forkEdited(from: nil): "turnout retry \(run) --adopt"
        case .forkEdited(from: let stage?): "turnout retry \(run) --from \(stage) --adopt"
        }
    }

    /// What it does, as a fragment behind "to".
    func purpose(_ situation: RunSituation) -> String {
        let record = situation.record
        var wayBack = false
        if case .held(let hold) = record.phase, case .rollBackFailed = hold.cause { wayBack = true }
        return switch self {
        case .follow: "follow it"
        case .resume where situation.decided.letsGoOn: "go on as it was decided"
        case .resume where situation.overdue != nil:
            "do what its on_timeout says (\((situation.approval ?? Approval()).onTimeout.rawValue))"
        case .resume where !situation.drift.isEmpty: "have the change of the endpoint noticed, and be asked about it"
        case .resume: "go on where it was left"
        case .takeOver: "go on in the place of a process that is alive and silent"
        case .approve where situation.missingApprovals > 1: "say yes, as one of \(situation.missingApprovals) people"
        case .approve: "say yes and go on"
        case .reject: "say no"
        case .abort: (record.status.isEnded ? "roll back" : "roll back and end it") + situation.wayBack
        case .retry: wayBack ? "try to roll back again" : "try the stage again" + situation.goal(of: situation.current)
        case .skip: "go on without the stage" + situation.goal(of: situation.upcoming)
        case .succeed: "count the stage as done and go on" + situation.goal(of: situation.upcoming)
        case .restore: "bring the endpoint back to what it was"
        case .adopt: wayBack ? "leave the endpoint as it is" : "take the endpoint as it is"
        case .fork(from: nil): "try again" + (situation.forkStage.map { " from stage \($0)" } ?? "") + ", as a new run"
        case .fork: "do what was skipped, as a new run"
        case .forkEdited: "try again with the files as they are now"
        }
    }
}

extension RunSituation {
    /// How many people have still to approve.
    fileprivate var missingApprovals: Int {
        guard case .waiting(let gate) = record.phase, let approval else { return 1 }
        return approval.required - gate.approvals.count
    }

    /// The traffic that rolling back brings: `: traffic {blue: 100}`.
    fileprivate var wayBack: String { record.baseline.snapshot.map { ": traffic \($0.traffic.wanted)" } ?? "" }

    /// What a stage sets, after an adoption, where that is to be weighed: ` (canary: traffic {blue: 90, green: 10})`.
    fileprivate func goal(of stage: Stage?) -> String {
        guard case .held(let hold) = record.phase, case .adopted = hold.cause, let stage else { return "" }
        let gate = stage.approval == nil ? "" : "its approval, then "
        let action = stage.action
        let isWeighty = action.liveTraffic != nil || action.mirrorTraffic != nil || action.deletedDeployment != nil
        guard isWeighty else { return " (\(stage.name))" }
        return " (\(stage.name): \(gate)\(action.steps(on: nil).map(\.words).joined(separator: ", ")))"
    }
}

extension ApprovalObjection {
    /// Why the person may not approve, as a clause.
    func words(_ person: Person) -> String {
        switch self {
        case .starter: "\(person) started the run, and the stage bars its starter"
        case .group(let group): Composition.current.caller.objection(to: group)
        case .repeated: "\(person) has approved already"
        }
    }

    /// Who may approve instead.
    fileprivate var others: String {
        switch self {
        case .starter, .repeated: "another person"
        case .group(let group): "a member of \(group)"
        }
    }
}
