internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// Replaces the plan of a run with one made from its edited playbook (P7).
struct Adoption {
    var snapshot: PlanSnapshot
    var stages: [StageRecord]
    /// What has changed, as clauses.
    var differences: [String]

    /// Adopts `new` in a run at `state`, or in a run that will first advance to the stage at index `stop`.
    ///
    /// - Throws: ``ServiceError/Code/invalidPlaybook`` if the plan is for another endpoint, changes a stage that is
    ///   done by then or under way, or weakens an approval.
    init(_ new: PlanSnapshot, of old: Plan, at state: RunState, stop: Int = 0) throws(ServiceError) {
        let record = state.record
        guard new.plan.endpoint == old.endpoint, new.plan.backend == old.backend else {
            throw ServiceError(
                .invalidPlaybook, "the edited playbook cannot be adopted: it is for another endpoint or backend")
        }
        let fixed = max(record.position + (record.phase.fixesStage ? 1 : 0), stop)
        for index in 0..<fixed {
            let name = state.stages[index].name
            guard index < new.plan.stages.count, new.plan.stages[index] == old.stages[index] else {
                let word = index < record.position ? "done" : "under way"
                throw ServiceError(
                    .invalidPlaybook,
                    "the edited playbook cannot be adopted: it changes stage \(name), which is \(word); "
                        + "without it, the run continues with its original files",
                    [.step(.resume, of: record.id), .step(.abort, of: record.id)])
            }
        }
        try Self.refuseWeakerGates(in: new.plan, than: old, from: record.position, record.id)
        var stages = Array(state.stages.prefix(fixed))
        for index in new.plan.stages.indices.dropFirst(fixed) {
            let stage = new.plan.stages[index]
            if index == record.position, state.stages.indices.contains(index), state.stages[index].name == stage.name {
                // Past attempts stay counted, because their numbers are part of idempotency keys.
                stages.append(state.stages[index])
            } else {
                stages.append(StageRecord(name: stage.name, action: stage.action.kind))
            }
        }
        snapshot = new
        self.stages = stages
        differences = Self.differences(old, new.plan)
    }

    /// Refuses a plan that drops or weakens an approval: a person who may edit a file is not thereby allowed to
    /// approve.
    private static func refuseWeakerGates(
        in new: Plan, than old: Plan, from position: Int, _ run: RunID
    ) throws(ServiceError) {
        for stage in old.stages.dropFirst(position) where stage.skip == nil {
            // A gate that any single person can pass may be dropped by the person who adopts.
            guard let approval = stage.approval,
                approval.required > 1 || !approval.starterMayApprove || approval.group != nil
            else { continue }
            let edited = new.stages.first { $0.name == stage.name }
            // A removed stage needs no gate, unless another stage performs the same action.
            let successor = edited ?? new.stages.dropFirst(position).first { $0.action == stage.action }
            guard let successor, !(successor.approval?.isAtLeast(approval) ?? false) else { continue }
            throw ServiceError(
                .invalidPlaybook,
                "the edited playbook cannot be adopted: it drops or weakens the approval of stage \(stage.name); "
                    + "decide that approval first, or abort the run and start a new one",
                [.step(.approve, of: run, stage: stage.name), .step(.abort, of: run)])
        }
    }

    private static func differences(_ old: Plan, _ new: Plan) -> [String] {
        let before = old.stages.map(\.name)
        let after = new.stages.map(\.name)
        var lines = before.filter { !after.contains($0) }.map { "stage \($0) is removed" }
        lines += after.filter { !before.contains($0) }.map { "stage \($0) is new" }
        for stage in new.stages {
            guard let index = before.firstIndex(of: stage.name), old.stages[index] != stage else { continue }
            lines.append("stage \(stage.name) is changed")
        }
        return lines
    }
}

extension Phase {
    /// Whether the current stage must not change in this phase.
    fileprivate var fixesStage: Bool {
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
    /// Returns a new plan from the files on disk, with the inputs that `run` was started with.
    ///
    /// - Throws: ``ServiceError/Code/invalidPlaybook`` if the playbook no longer exists or has errors.
    func editedPlan(_ old: PlanSnapshot, playbook path: String?, for run: RunID) throws(ServiceError)
        -> PlanSnapshot
    {
        guard let request = try editedRequest(old, playbook: path) else {
            throw ServiceError(
                .invalidPlaybook,
                "the playbook of \(run) no longer exists; without it, the run continues with its original files")
        }
        return try snapshot(of: request, for: run)
    }

    /// Returns the request for that plan; nil if the playbook no longer exists.
    func editedRequest(_ old: PlanSnapshot, playbook path: String?) throws(ServiceError) -> PlanRequest? {
        guard let path else { return nil }
        var request = PlanRequest(path: path, selection: try backends.selection(of: old.plan))
        request.inputs = old.plan.inputs.mapValues(InputText.value)
        request.endpoint = old.plan.endpoint
        // Paths that were allowed before stay allowed. The run keeps its roles, even if another deployment is live by
        // now.
        request.userPaths = Set(old.plan.files.dropFirst().map(\.path).filter(\.leavesFolder))
        if let roles = old.plan.roles { request.roles = .kept(roles) }
        return request
    }
}
