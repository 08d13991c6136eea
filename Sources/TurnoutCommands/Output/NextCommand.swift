internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// The next steps of a run as command lines.
///
/// All output that names commands takes them from here. The engine determines the possible steps
/// (``RunSituation/nextSteps``).
struct NextCommand: Sendable {
    /// The recommended command first, then the alternatives.
    var choices: [Choice]
    /// Who else must decide, and how; nil if the present person may.
    var others: String?

    struct Choice: Hashable, Sendable {
        var command: String
        /// What the command does, as a fragment that follows "to".
        var purpose: String
    }

    /// The recommended command; nil if there is nothing to do, or another person must decide.
    var text: String? { others == nil && !isOpen ? choices.first?.command : nil }
    /// Whether no choice is recommended over the others.
    private var isOpen = false

    init(_ situation: RunSituation) {
        if case .held(let hold) = situation.record.phase, case .adopted = hold.cause { isOpen = true }
        choices = situation.nextSteps.map { Choice(command: $0.command(situation), purpose: $0.purpose(situation)) }
        guard case .waiting = situation.record.phase, !situation.decided.allowsContinuing, situation.overdue == nil,
            situation.drift.isEmpty,
            let objection = situation.objection, let person = situation.person
        else { return }
        others =
            "\(objection.words(person)): \(objection.others) must decide with "
            + "`\(NextStep.approve.command(situation))`"
    }

    /// Returns a line for each choice with its purpose, which is on a separate line if there is not enough room.
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
    /// Returns the command line for this step.
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

    /// Returns what the step does, as a fragment that follows "to".
    func purpose(_ situation: RunSituation) -> String {
        let record = situation.record
        var wayBack = false
        if case .held(let hold) = record.phase, case .rollBackFailed = hold.cause { wayBack = true }
        return switch self {
        case .follow: "follow it"
        case .resume where situation.decided.allowsContinuing: "continue as decided"
        case .resume where situation.overdue != nil:
            "carry out its on_timeout (\((situation.approval ?? Approval()).onTimeout.rawValue))"
        case .resume where !situation.drift.isEmpty: "hold the run for the drift, and decide about it"
        case .resume: "continue where it stopped"
        case .takeOver: "take over from a process that is alive but silent"
        case .approve where situation.missingApprovals > 1: "approve, as one of \(situation.missingApprovals) people"
        case .approve: "approve and continue"
        case .reject: "reject"
        case .abort: (record.status.isEnded ? "roll back" : "roll back and end it") + situation.wayBack
        case .retry: wayBack ? "retry rolling back" : "retry the stage" + situation.goal(of: situation.current)
        case .skip: "skip the stage" + situation.goal(of: situation.upcoming)
        case .succeed: "count the stage as done and continue" + situation.goal(of: situation.upcoming)
        case .restore: "restore the endpoint to what the run left"
        case .adopt: wayBack ? "leave the endpoint as it is" : "accept the endpoint as it is"
        case .fork(from: nil): "try again" + (situation.forkStage.map { " from stage \($0)" } ?? "") + ", in a new run"
        case .fork: "carry out what was skipped, in a new run"
        case .forkEdited: "try again with the edited files"
        }
    }
}

extension RunSituation {
    /// How many approvals are still missing.
    fileprivate var missingApprovals: Int {
        guard case .waiting(let gate) = record.phase, let approval else { return 1 }
        return approval.required - gate.approvals.count
    }

    /// The traffic that rolling back restores: `: traffic {blue: 100}`.
    fileprivate var wayBack: String { record.baseline.snapshot.map { ": traffic \($0.traffic.wanted)" } ?? "" }

    /// Returns what a stage will do, if the run is held after an adoption: ` (canary: traffic {blue: 90, green: 10})`.
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
    /// Returns why the person may not approve, as a clause.
    func words(_ person: Person) -> String {
        switch self {
        case .starter: "\(person) started the run and may not approve this stage"
        case .group(let group): Composition.current.caller.objection(to: group)
        case .repeated: "\(person) has already approved"
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
