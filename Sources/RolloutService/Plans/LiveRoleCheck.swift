internal import RolloutEngine
internal import Rollouts

/// Checks that a plan with resolved roles still matches the endpoint when its run begins (P16).
enum LiveRoleCheck {
    /// Refuses a plan that was made while another deployment was live.
    ///
    /// Call it under the run's lease, so that no other run moves traffic afterwards.
    ///
    /// - Throws: ``ServiceError/Code/stalePlan``.
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
                "nothing was started: when the plan was made, \(words(expected)) was live on \(plan.endpoint); now "
                    + "\(words(leading.first)) is live", [.start(playbook: plan.playbook, on: plan.backend)])
        }
    }

    /// Returns the deployment that should be live when a fork of `parent` begins at stage `first`: the one to which the
    /// last successful traffic stage before it gave the most traffic.
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
