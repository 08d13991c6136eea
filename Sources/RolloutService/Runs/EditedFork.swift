internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// Determines the stage from which an ended run is forked, with its original files or with edited ones.
enum EditedFork {
    /// Returns the step that forks `parent` with the edited files; nil if nothing was edited, or no fork can use the
    /// edits.
    static func step(of parent: StoredRun, in service: RolloutService) throws(ServiceError) -> NextStep? {
        let files = EditedFiles(parent, in: service.workspace)
        guard !files.names.isEmpty,
            let request = try service.editedRequest(parent.snapshot, playbook: files.playbook),
            let new = service.outcome(of: request, for: parent.record.id).snapshot?.plan
        else { return nil }
        guard let change = change(in: new, since: parent, before: first(of: parent)) else {
            return .forkEdited(from: nil)
        }
        return change.earlier.map { .forkEdited(from: new.stages[$0].name) }
    }

    /// Returns the index of the first stage of `parent` that is not in effect.
    static func first(of parent: StoredRun) -> Int {
        let furthest = min(parent.record.position, parent.stages.count - 1)
        let stages = parent.snapshot.plan.stages
        let first = parent.stages.indices.first {
            let isSkippedByHand = parent.stages[$0].status == .skipped && stages[$0].skip == nil
            return !parent.stages[$0].status.isDone || isSkippedByHand || isTakenBack(parent, $0)
        }
        let begin = min(first ?? furthest, max(furthest, 0))
        // A failed deployment is deployed again first.
        let broken = parent.record.latest.snapshot?.deployments.filter { $0.failure != nil }.map(\.name) ?? []
        return stages.indices.prefix(begin).last { index in
            stages[index].action.as(DeployAction.self).map { broken.contains($0.definition.name) } ?? false
        } ?? begin
    }

    /// Returns the first stage that would count as done in a fork from `first` but differs in the edited plan;
    /// `earlier` is the stage from which a fork would repeat it, or nil if there is none.
    static func change(
        in new: Plan, since parent: StoredRun, before first: Int
    ) -> (stage: String, earlier: Int?)? {
        for index in 0...first {
            let old = parent.snapshot.plan.stages[index]
            let isRenamed = index >= new.stages.count || new.stages[index].name != old.name
            guard isRenamed || index < first && new.stages[index] != old else { continue }
            // A stage with a new name has no record in the parent, so the stage before it must be repeated as well.
            let last = isRenamed ? index - 1 : index
            return (old.name, last < 0 ? nil : takenBack(parent, before: last) ?? last)
        }
        return nil
    }

    /// Returns the first stage that a fork from `index` would count as done although it was rolled back.
    static func takenBack(_ parent: StoredRun, before index: Int) -> Int? {
        // A traffic stage sets the whole live traffic, so it does not depend on earlier stages.
        guard parent.snapshot.plan.stages[index].action.kind != .traffic else { return nil }
        return parent.stages.indices.prefix(index).first { isTakenBack(parent, $0) }
    }

    /// Whether a stage was rolled back, or was a `define` with `all_traffic` that rolling back to the initial traffic
    /// undid.
    private static func isTakenBack(_ parent: StoredRun, _ index: Int) -> Bool {
        if parent.stages[index].status == .rolledBack { return true }
        guard parent.record.status != .succeeded, parent.stages[index].action == .define,
            let defined = parent.snapshot.plan.stages[index].action.definedTraffic,
            let before = parent.record.baseline.snapshot?.traffic.wanted
        else { return false }
        return before != defined
    }
}
