internal import RolloutEngine
internal import Rollouts

/// The permanent refusal of the first change of a plan, because of which the plan is not worth starting.
struct PlanRefusal: Hashable {
    var stage: String
    /// The reason, as the endpoint rules word it.
    var message: String

    /// Applies `plan` to a model of the observed endpoint, up to the first change that has an effect.
    ///
    /// Returns nil if that change is accepted, or refused only temporarily.
    init?(of plan: Plan, on observed: EndpointSnapshot?, kind: EndpointKind) {
        var model = EndpointModel(kind: kind, endpoint: observed)
        for stage in plan.stages where stage.skip == nil {
            for step in stage.action.steps(on: model.endpoint) {
                guard case .change(let change) = step else { return nil }
                guard !change.isDone(in: model.endpoint) else { continue }
                do throws(Violation) {
                    try model.accept(change)
                    return nil
                } catch {
                    guard !error.isTemporary else { return nil }
                    (self.stage, message) = (stage.name, error.message)
                    return
                }
            }
        }
        return nil
    }

    /// Refuses to start `plan` if the backend would refuse its first change.
    ///
    /// If the endpoint cannot be observed now, the check passes: the run waits for the endpoint.
    ///
    /// - Throws: ``ServiceError/Code/failed``.
    static func check(_ plan: Plan, on backend: any Backend) async throws {
        let observed: EndpointSnapshot?
        do throws(BackendError) {
            observed = try await backend.observe(plan.endpoint)
        } catch {
            guard error.code == .unavailable else { throw error }
            return
        }
        guard let refusal = PlanRefusal(of: plan, on: observed, kind: backend.capabilities.kind) else { return }
        let names = observed?.deployments.map(\.name.text) ?? []
        let present =
            observed == nil
            ? "" : "\nendpoint \(plan.endpoint) has \(names.isEmpty ? "no deployments" : names.joined(separator: ", "))"
        throw ServiceError(
            .failed,
            "nothing was started: the backend would refuse stage \(refusal.stage): \(refusal.message)\(present)",
            (observed == nil ? [.listEndpoints(on: plan.backend)] : []) + [
                .plan(playbook: plan.playbook, on: plan.backend)
            ])
    }
}
