internal import Rollouts
package import RolloutEngine

extension BackendError {
    /// Converts an error of the API server to what it means for a runner, with the server's message.
    package init(_ error: KubernetesError) {
        switch error.code {
        case .tooManyRequests(let wait): self.init(.busy(retryAfter: wait), "\(error)")
        case .conflict, .alreadyExists:
            self.init(.busy(retryAfter: .seconds(1)), "\(error): another client is changing it at the same time")
        case .fieldConflict(let conflicts):
            let fields = Dictionary(grouping: conflicts, by: \.manager).sorted { $0.key < $1.key }.map {
                manager, fields in
                "'\(manager)' manages \(fields.map(\.field).sorted().joined(separator: ", "))"
            }
            self.init(
                .refused,
                "\(error.request ?? "apply"): \(fields.joined(separator: "; ")); Turnout does not take fields from "
                    + "other managers by force: let them give the fields up, or make the change with them")
        case .forbidden where error.reason == "Forbidden" && error.causes.isEmpty:
            self.init(
                .refused,
                "\(error); if a permission is missing, `turnout doctor --backend kubernetes` says which, and "
                    + "Playbooks/samples/kubernetes/role.yml grants all that Turnout uses")
        case .unavailable, .unreachable, .expired, .malformedResponse: self.init(.unavailable, "\(error)")
        // A token or plugin may be renewed elsewhere; until then no request can be made.
        case .unauthorized, .credentials: self.init(.unavailable, "\(error)")
        case .notFound, .invalid, .forbidden, .configuration: self.init(.refused, "\(error)")
        }
    }

    init(_ violation: Violation) {
        self.init(violation.isTemporary ? .busy(retryAfter: .seconds(2)) : .refused, violation.message)
    }
}

/// Runs `body` and converts its errors to ``BackendError``.
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
