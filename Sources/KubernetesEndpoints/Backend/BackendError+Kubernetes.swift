internal import Rollouts
package import RolloutEngine

extension BackendError {
    /// What the API server's refusal means to a runner, in the server's words.
    package init(_ error: KubernetesError) {
        switch error.code {
        case .tooManyRequests(let wait): self.init(.busy(retryAfter: wait), "\(error)")
        case .conflict, .alreadyExists:
            self.init(.busy(retryAfter: .seconds(1)), "\(error): somebody else changes it at the same time")
        case .fieldConflict(let conflicts):
            let fields = Dictionary(grouping: conflicts, by: \.manager).sorted { $0.key < $1.key }.map {
                manager, fields in
                "'\(manager)' manages \(fields.map(\.field).sorted().joined(separator: ", "))"
            }
            self.init(
                .refused,
                "\(error.request ?? "apply"): \(fields.joined(separator: "; ")); Turnout takes nothing from others by "
                    + "force: let them give it up, or set it there")
        case .forbidden where error.reason == "Forbidden" && error.causes.isEmpty:
            self.init(
                .refused,
                "\(error); if a right is missing, Playbooks/samples/kubernetes/role.yml has those that Turnout uses, and "
                    + "`turnout doctor --backend kubernetes` tells which")
        case .unavailable, .unreachable, .expired, .malformedAnswer: self.init(.unavailable, "\(error)")
        // A token or plugin may be renewed by whoever renews it; until then nobody can be asked.
        case .unauthorized, .credentials: self.init(.unavailable, "\(error)")
        case .notFound, .invalid, .forbidden, .configuration: self.init(.refused, "\(error)")
        }
    }

    init(_ violation: Violation) {
        self.init(violation.isTemporary ? .busy(retryAfter: .seconds(2)) : .refused, violation.message)
    }
}

/// Runs `body`, and makes a ``BackendError`` of whatever it throws.
func asBackendErrors<Result: Sendable>(
    _ body: () async throws -> Result
) async throws(BackendError) -> Result {
    do {
        return try await body()
    } catch let error as BackendError {
        throw error
    } catch let error as KubernetesError {
        throw BackendError(error)
    } catch let error as ManifestProblem {
        throw BackendError(.refused, error.message)
    } catch {
        throw BackendError(.unavailable, "\(error)")
    }
}
