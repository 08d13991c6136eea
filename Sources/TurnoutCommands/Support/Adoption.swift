internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// An edited playbook that takes the place of the one that a run was started with (DESIGN §4, P7).
struct Adoption {
    var snapshot: PlanSnapshot
    var stages: [StageRecord]
    /// What changes, as sentences.
    var differences: [String]

    /// Makes the plan anew from the files on disk, with the inputs that the run was started with.
    static func plan(_ old: PlanSnapshot, playbook path: String?, for run: RunID) throws -> PlanSnapshot {
        guard let making = try making(old, playbook: path) else {
            throw CommandFailure(
                .invalidPlaybook,
                "the playbook of \(run) is not on disk any more; without --adopt the run goes on with what it keeps"
            )
        }
        return try making.snapshot(for: run)
    }

    /// Makes that plan; nil where the playbook is gone.
    static func making(_ old: PlanSnapshot, playbook path: String?) throws(CommandFailure) -> PlanMaking? {
        guard let path else { return nil }
        var making = PlanMaking(
            path: path, selection: try BackendSelection(of: old.plan),
            inputs: old.plan.inputs.mapValues(InputText.value), endpoint: old.plan.endpoint,
            allowOutsidePaths: false)
        // What was named before may be named again; the run keeps its deployments, whoever is live by now.
        making.userPaths = Set(old.plan.files.dropFirst().map(\.path).filter(\.leavesFolder))
        if let roles = old.plan.roles { making.roles = .kept(roles) }
        return making
    }

    /// What `new` makes of a run that has come as far as `state`.
    ///
    /// - Throws: Where a stage that is done, or that acts now, is not as it was.
    init(_ new: PlanSnapshot, of old: Plan, at state: RunState) throws(CommandFailure) {
        let record = state.record
        guard new.plan.endpoint == old.endpoint, new.plan.backend == old.backend else {
            throw CommandFailure(
                .invalidPlaybook, "the edited playbook is about another endpoint: it cannot be adopted")
        }
        let fixed = record.position + (record.phase.needsItsStage ? 1 : 0)
        for index in 0..<fixed {
            let name = state.stages[index].name
            guard index < new.plan.stages.count, new.plan.stages[index] == old.stages[index] else {
                let word = index < record.position ? "done" : "under way"
                throw CommandFailure(
                    .invalidPlaybook,
                    "stage \(name) is \(word), and the edited playbook has another definition in its place: "
                        + "it cannot be adopted. Without --adopt the run goes on with what it keeps; "
                        + "`turnout abort \(record.id)` ends it")
            }
        }
        try Self.refuseWeakerGates(in: new.plan, than: old, from: record.position, record.id)
        var stages = Array(state.stages.prefix(fixed))
        for index in new.plan.stages.indices.dropFirst(fixed) {
            let stage = new.plan.stages[index]
            if index == record.position, state.stages.indices.contains(index), state.stages[index].name == stage.name {
                // Attempts that were made stay counted: they have their idempotency keys.
                stages.append(state.stages[index])
            } else {
                stages.append(StageRecord(name: stage.name, action: stage.action.kind))
            }
        }
        snapshot = new
        self.stages = stages
        differences = Self.differences(old, new.plan)
    }

    /// Whoever may edit a file is not therefore one of those who must approve: that takes a run of its own.
    private static func refuseWeakerGates(
        in new: Plan, than old: Plan, from position: Int, _ run: RunID
    ) throws(CommandFailure) {
        for stage in old.stages.dropFirst(position) where stage.skip == nil {
            // A gate that whoever adopts could pass alone, they may drop as well.
            guard let approval = stage.approval,
                approval.required > 1 || !approval.starterMayApprove || approval.group != nil
            else { continue }
            let edited = new.stages.first { $0.name == stage.name }
            // A stage that is gone does not act either, unless what it did is done by another one without its gate.
            let successor = edited ?? new.stages.dropFirst(position).first { $0.action == stage.action }
            guard let successor, !(successor.approval?.isAtLeast(approval) ?? false) else { continue }
            throw CommandFailure(
                .invalidPlaybook,
                "stage \(stage.name) asks for an approval that the edited playbook drops or weakens: it cannot be adopted. "
                    + "Have it decided by `turnout approve \(run) --stage \(stage.name)`, or end the run by "
                    + "`turnout abort \(run)` and start anew")
        }
    }

    private static func differences(_ old: Plan, _ new: Plan) -> [String] {
        let before = old.stages.map(\.name)
        let after = new.stages.map(\.name)
        var lines = before.filter { !after.contains($0) }.map { "stage \($0) is gone" }
        lines += after.filter { !before.contains($0) }.map { "stage \($0) is new" }
        for stage in new.stages {
            guard let index = before.firstIndex(of: stage.name), old.stages[index] != stage else { continue }
            lines.append("stage \(stage.name) is defined otherwise")
        }
        return lines
    }
}

extension Phase {
    /// True while the stage under way must stay as it is.
    fileprivate var needsItsStage: Bool {
        switch self {
        case .acting, .baking, .analysing, .backingOff, .rollingBack: true
        case .held(let hold):
            switch hold.cause {
            case .unknown, .rollBackFailed: true
            case .drift, .adopted, .failed, .timedOut, .inconclusive: false
            }
        case .starting, .ready, .waiting, .ended: false
        }
    }
}
