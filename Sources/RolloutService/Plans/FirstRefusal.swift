internal import RolloutEngine
internal import Rollouts

/// Why a plan is not worth starting: what its first stage with anything to do asks for is refused for good.
struct FirstRefusal: Hashable {
    var stage: String
    /// In the rules' words.
    var message: String

    /// Plays `plan` on the endpoint as observed until a stage does anything; nil where that is not refused, or only for
    /// now.
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

    /// Refuses to start `plan` where the backend would refuse its first stage.
    ///
    /// An endpoint that cannot be looked at now is waited for by the run.
    static func check(_ plan: Plan, on backend: any Backend) async throws {
        let observed: EndpointSnapshot?
        do throws(BackendError) {
            observed = try await backend.observe(plan.endpoint)
        } catch {
            guard error.code == .unavailable else { throw error }
            return
        }
        guard let refusal = FirstRefusal(of: plan, on: observed, kind: backend.capabilities.kind) else { return }
        let names = observed?.deployments.map(\.name.text) ?? []
        let present =
            observed == nil
            ? "" : "\nendpoint \(plan.endpoint) has \(names.isEmpty ? "no deployments" : names.joined(separator: ", "))"
        throw ServiceError(
            .failed, "nothing was started: stage \(refusal.stage) would be refused: \(refusal.message)\(present)",
            (observed == nil ? [.listEndpoints(on: plan.backend)] : []) + [
                .plan(playbook: plan.playbook, on: plan.backend)
            ])
    }
}
