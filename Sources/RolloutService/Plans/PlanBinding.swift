package import RolloutEngine
internal import Rollouts

/// What a person was shown of a plan, so that nothing else is run: the plan's hash and the endpoint's fingerprint.
package struct PlanBinding: Hashable, Sendable {
    package var hash: String
    package var fingerprint: String

    /// Nil unless `text` is a plan's first 12 digits or more, `@` and a fingerprint.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (12...64).contains(parts[0].count), parts[0].allSatisfy(\.isHexDigit), !parts[1].isEmpty
        else { return nil }
        hash = parts[0].lowercased()
        fingerprint = String(parts[1])
    }

    package init(_ snapshot: PlanSnapshot, _ observed: Observation) {
        hash = String(snapshot.hash.prefix(12))
        fingerprint = observed.fingerprint
    }

    package var text: String { "\(hash)@\(fingerprint)" }

    /// Refuses a plan that is not the one that was shown, or an endpoint that is not as it was then (P16).
    package func check(_ snapshot: PlanSnapshot, _ backend: any Backend) async throws {
        let observed = Observation(try await backend.observe(snapshot.plan.endpoint))
        var differences: [String] = []
        if !snapshot.hash.hasPrefix(hash) {
            differences.append(
                "the plan is \(snapshot.hash.prefix(12)) now: the playbook, a file or an input was changed"
                    + (snapshot.plan.roles.map { ", or who is live: now \($0.sentence)" } ?? "")
            )
        }
        if observed.fingerprint != fingerprint {
            differences.append("the endpoint \(snapshot.plan.endpoint) is not as it was: now it has \(observed.words)")
        }
        guard !differences.isEmpty else { return }
        throw ServiceError(
            .stalePlan,
            "the plan \(text) is stale, and nothing was started: \(differences.joined(separator: "; "))\n"
                + "the plan now is " + PlanBinding(snapshot, observed).text,
            [.plan(playbook: snapshot.plan.playbook, on: snapshot.plan.backend)])
    }
}
