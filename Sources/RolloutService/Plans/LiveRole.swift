internal import RolloutEngine
internal import Rollouts

/// Whether a plan whose roles are resolved still fits the endpoint when its run begins (P16).
enum LiveRole {
    /// Refuses a plan that takes another deployment for the live one than the endpoint does now.
    ///
    /// It is asked under the run's lease, so that no other run moves traffic afterwards.
    static func check(
        _ plan: Plan, _ parent: (run: StoredRun, stage: Int)?, on backend: any Backend
    ) async throws {
        guard let roles = plan.roles else { return }
        let expected = parent.map { self.expected(at: $0.stage, of: $0.run, roles) } ?? roles.live
        let traffic = try await backend.observe(plan.endpoint)?.traffic.wanted ?? .none
        let most = traffic.percents.values.max() ?? 0
        let leading = traffic.deployments.filter { traffic[$0] == most }
        guard expected.map({ leading.contains($0) }) ?? leading.isEmpty else {
            throw ServiceError(
                .stalePlan,
                "nothing was started: the plan was made with \(words(expected)) live on \(plan.endpoint), and "
                    + "\(words(leading.first)) is live now", [.start(playbook: plan.playbook, on: plan.backend)])
        }
    }

    /// Who is live where a run that is forked from `parent` begins: whom the stages before it gave most traffic, as far
    /// as that was not taken back.
    private static func expected(at first: Int, of parent: StoredRun, _ roles: Roles) -> Name? {
        var live = roles.live
        for (stage, record) in zip(parent.snapshot.plan.stages, parent.stages).prefix(first)
        where record.status == .succeeded {
            guard let traffic = stage.action.liveTraffic else { continue }
            live = traffic.deployments.max { traffic[$0] < traffic[$1] }
        }
        return live
    }

    private static func words(_ name: Name?) -> String { name.map { "'\($0)'" } ?? "nothing" }
}
