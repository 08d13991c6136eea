internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// From which stage a run that has ended is forked, with its own files or with edited ones.
enum EditedFork {
    /// The step that forks `parent` with the files as they are now; nil where nothing was edited, or no fork can use it.
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

    /// The first stage of the parent that is not in effect any more.
    static func first(of parent: StoredRun) -> Int {
        let furthest = min(parent.record.position, parent.stages.count - 1)
        let stages = parent.snapshot.plan.stages
        let first = parent.stages.indices.first {
            let isSkippedByHand = parent.stages[$0].status == .skipped && stages[$0].skip == nil
            return !parent.stages[$0].status.isDone || isSkippedByHand || isTakenBack(parent, $0)
        }
        let begin = min(first ?? furthest, max(furthest, 0))
        // A deployment that serves nobody any more is deployed anew first.
        let broken = parent.record.latest.snapshot?.deployments.filter { $0.failure != nil }.map(\.name) ?? []
        return stages.indices.prefix(begin).last { index in
            stages[index].action.as(DeployAction.self).map { broken.contains($0.definition.name) } ?? false
        } ?? begin
    }

    /// The first stage that counts as done in a fork from `first`, and is another one in the edited plan; `earlier` is the
    /// stage from which a fork does it anew, nil where there is none.
    static func change(
        in new: Plan, since parent: StoredRun, before first: Int
    ) -> (stage: String, earlier: Int?)? {
        for index in 0...first {
            let old = parent.snapshot.plan.stages[index]
            let isRenamed = index >= new.stages.count || new.stages[index].name != old.name
            guard isRenamed || index < first && new.stages[index] != old else { continue }
            // One of another name has no record in the parent: what comes before it must be done again too.
            let last = isRenamed ? index - 1 : index
            return (old.name, last < 0 ? nil : takenBack(parent, before: last) ?? last)
        }
        return nil
    }

    /// The first stage that a fork from `index` would count as done, and that was taken back.
    static func takenBack(_ parent: StoredRun, before index: Int) -> Int? {
        // A traffic stage sets live traffic as a whole, whatever became of what was set before.
        guard parent.snapshot.plan.stages[index].action.kind != .traffic else { return nil }
        return parent.stages.indices.prefix(index).first { isTakenBack(parent, $0) }
    }

    /// True for a stage whose traffic was taken back, and for a `define` that gave its deployment all traffic, which
    /// rolling back to the traffic of the start undid.
    private static func isTakenBack(_ parent: StoredRun, _ index: Int) -> Bool {
        if parent.stages[index].status == .rolledBack { return true }
        guard parent.record.status != .succeeded, parent.stages[index].action == .define,
            let defined = parent.snapshot.plan.stages[index].action.definedTraffic,
            let before = parent.record.baseline.snapshot?.traffic.wanted
        else { return false }
        return before != defined
    }
}
