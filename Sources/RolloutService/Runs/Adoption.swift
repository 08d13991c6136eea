internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// An edited playbook that takes the place of the one that a run was started with (P7).
struct Adoption {
    var snapshot: PlanSnapshot
    var stages: [StageRecord]
    /// What changes, as sentences.
    var differences: [String]

    /// What `new` makes of a run that has come as far as `state`, or will have come to the stage at `stop`.
    ///
    /// - Throws: Where a stage that is done by then, or that acts now, is not as it was.
    init(_ new: PlanSnapshot, of old: Plan, at state: RunState, stop: Int = 0) throws(ServiceError) {
        let record = state.record
        guard new.plan.endpoint == old.endpoint, new.plan.backend == old.backend else {
            throw ServiceError(
                .invalidPlaybook, "the edited playbook is about another endpoint: it cannot be adopted")
        }
        let fixed = max(record.position + (record.phase.needsItsStage ? 1 : 0), stop)
        for index in 0..<fixed {
            let name = state.stages[index].name
            guard index < new.plan.stages.count, new.plan.stages[index] == old.stages[index] else {
                let word = index < record.position ? "done" : "under way"
                throw ServiceError(
                    .invalidPlaybook,
                    "stage \(name) is \(word), and the edited playbook has another definition in its place: "
                        + "it cannot be adopted; without it the run goes on with what it keeps",
                    [.step(.resume, of: record.id), .step(.abort, of: record.id)])
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
    ) throws(ServiceError) {
        for stage in old.stages.dropFirst(position) where stage.skip == nil {
            // A gate that whoever adopts could pass alone, they may drop as well.
            guard let approval = stage.approval,
                approval.required > 1 || !approval.starterMayApprove || approval.group != nil
            else { continue }
            let edited = new.stages.first { $0.name == stage.name }
            // A stage that is gone does not act either, unless what it did is done by another one without its gate.
            let successor = edited ?? new.stages.dropFirst(position).first { $0.action == stage.action }
            guard let successor, !(successor.approval?.isAtLeast(approval) ?? false) else { continue }
            throw ServiceError(
                .invalidPlaybook,
                "stage \(stage.name) asks for an approval that the edited playbook drops or weakens: it cannot be adopted; "
                    + "have it decided, or end the run and start anew",
                [.step(.approve, of: run, stage: stage.name), .step(.abort, of: run)])
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

extension RolloutService {
    /// The plan made anew from the files on disk, with the inputs that `run` was started with.
    func editedPlan(_ old: PlanSnapshot, playbook path: String?, for run: RunID) throws(ServiceError)
        -> PlanSnapshot
    {
        guard let request = try editedRequest(old, playbook: path) else {
            throw ServiceError(
                .invalidPlaybook,
                "the playbook of \(run) is not on disk any more; without adopting it the run goes on with what it keeps"
            )
        }
        return try snapshot(of: request, for: run)
    }

    /// What that plan is made of; nil where the playbook is gone.
    func editedRequest(_ old: PlanSnapshot, playbook path: String?) throws(ServiceError) -> PlanRequest? {
        guard let path else { return nil }
        var request = PlanRequest(path: path, selection: try backends.selection(of: old.plan))
        request.inputs = old.plan.inputs.mapValues(InputText.value)
        request.endpoint = old.plan.endpoint
        // What was named before may be named again; the run keeps its deployments, whoever is live by now.
        request.userPaths = Set(old.plan.files.dropFirst().map(\.path).filter(\.leavesFolder))
        if let roles = old.plan.roles { request.roles = .kept(roles) }
        return request
    }
}
