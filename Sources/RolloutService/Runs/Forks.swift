internal import PlaybookSyntax
package import RolloutEngine
package import Rollouts
internal import Support

/// How an ended run is forked.
package struct ForkOptions: Sendable {
    /// The stage that the new run begins with.
    ///
    /// Default: the first one that is not in effect.
    package var from: String?
    /// Uses the playbook on disk; stages that count as done must be unchanged.
    package var adopts = false
    /// The stages that the starter approves in advance, or `all`.
    package var approvals: [String] = []

    package init(from: String? = nil, adopts: Bool = false, approvals: [String] = []) {
        self.from = from
        self.adopts = adopts
        self.approvals = approvals
    }
}

extension RolloutService {
    /// Starts a new run from one that has ended, and works on it.
    ///
    /// The ended run is not changed (P12).
    package func fork(_ run: RunID, _ options: ForkOptions, _ work: WorkOptions) async throws -> RunEnd {
        let parent = try journal.load(run)
        guard parent.record.status.isEnded else {
            throw ServiceError(
                .notPossible,
                "run \(run) has not ended (\(parent.record.status.words)), so no run can be forked from it",
                situation: try situation(of: run))
        }
        guard parent.record.status != .succeeded || options.from != nil else {
            throw ServiceError(
                .notPossible, "run \(run) has succeeded; name the stage that a new run should begin with",
                [.step(.fork(from: parent.stages.first?.name), of: run)])
        }
        let first = try firstStage(of: parent, options.from)
        let edited = EditedFiles(parent, in: workspace)
        var snapshot = parent.snapshot
        if options.adopts {
            snapshot = try editedPlan(
                parent.snapshot, playbook: edited.playbook, for: try journal.nextRunID(of: run.playbook))
            try refuseChanges(in: snapshot.plan, since: parent, before: first)
        } else if !edited.names.isEmpty {
            for line in edited.lines { note(line) }
            notify(
                .note(
                    "note: \(edited.names.joined(separator: ", ")) changed since \(run) started; "
                        + "the new run uses the original files of \(run)",
                    suggestions: [.step(.forkEdited(from: options.from), of: run)]))
        }
        let approvals = try EarlyApprovals(options.approvals, in: snapshot.plan, from: first, by: caller)
        let dropped = Self.dropped(
            try journal.requests(of: run), in: snapshot.plan, from: first, given: approvals.stages)
        let selection = try backends.selection(of: snapshot.plan)
        try refuseUnfinishedRun(on: selection.leaseKey(of: snapshot.plan))
        return try await with(selection, .work, for: snapshot.plan) { session in
            try await launch(
                run.playbook, on: session, selection, approved: approvals.stages, parent: (parent, first)
            ) { _ throws(ServiceError) in
                snapshot
            } working: { machine, lease in
                for text in approvals.notes { note("note: \(text)") }
                if !dropped.isEmpty {
                    notify(
                        .note(
                            "note: advance approvals of \(run) are not carried over "
                                + "(\(dropped.joined(separator: ", ")))",
                            suggestions: dropped.map { .step(.approve, of: machine.record.id, stage: $0) }))
                }
                return try await perform(machine, under: lease, on: session, work)
            }
        }
    }

    /// Returns the stages from `first` on that were approved in advance in the parent, but not in the fork.
    ///
    /// An approval is bound to one run: the person who gave it may not have agreed to a second try.
    package static func dropped(
        _ kept: [StoredRequest], in plan: Plan, from first: Int, given: [String]
    ) -> [String] {
        let early = Set(kept.map(\.request).filter { $0.kind == .approve && $0.fingerprint == nil }.map(\.stage))
        return plan.stages.dropFirst(first)
            .filter { $0.skip == nil && $0.approval != nil && early.contains($0.name) && !given.contains($0.name) }
            .map(\.name)
    }

    /// Returns the index of the stage `from`, or of the first stage of the parent that is not in effect.
    private func firstStage(of parent: StoredRun, _ from: String?) throws(ServiceError) -> Int {
        let (stages, id) = (parent.stages, parent.record.id)
        let furthest = min(parent.record.position, stages.count - 1)
        guard let from else { return EditedFork.first(of: parent) }
        guard let index = stages.firstIndex(where: { $0.name == from }) else {
            let near = didYouMean(from, among: stages.map(\.name))
            throw ServiceError(
                .notPossible,
                "run \(id) has no stage '\(from)'; \(near ?? "it has \(stages.map(\.name).joined(separator: ", "))")")
        }
        guard index <= furthest else {
            throw ServiceError(
                .notPossible,
                "run \(id) never reached stage \(from); the last stage to begin with is \(stages[furthest].name)",
                [.step(.fork(from: stages[furthest].name), of: id)])
        }
        if let taken = EditedFork.takenBack(parent, before: index) {
            throw ServiceError(
                .notPossible,
                "stage \(stages[taken].name) of \(id) was rolled back, but a run from \(from) on would count it as "
                    + "done; the last stage to begin with is \(stages[taken].name)",
                [.step(.fork(from: stages[taken].name), of: id)])
        }
        return index
    }

    /// Refuses an edited plan that changes a stage that counts as done, and suggests the stage to fork from instead.
    func refuseChanges(
        in new: Plan, since parent: StoredRun, before first: Int
    ) throws(ServiceError) {
        guard let change = EditedFork.change(in: new, since: parent, before: first) else { return }
        throw ServiceError(
            .invalidPlaybook,
            "stage \(change.stage) counts as done in \(parent.record.id), but the edited playbook changes it",
            change.earlier.map { [.step(.forkEdited(from: new.stages[$0].name), of: parent.record.id)] }
                ?? [.start(playbook: new.playbook, on: new.backend)])
    }
}
