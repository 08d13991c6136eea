package import RolloutEngine
internal import Rollouts

/// Identifies a plan as it was shown to a person, so that nothing else is run: the plan's hash and the endpoint's
/// fingerprint.
package struct PlanBinding: Hashable, Sendable {
    package var hash: String
    package var fingerprint: String

    /// Parses `HASH@FINGERPRINT`; returns nil unless HASH is 12 to 64 hexadecimal digits and FINGERPRINT is not empty.
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

    /// Checks that the plan and the endpoint are still those that were shown (P16).
    ///
    /// - Throws: ``ServiceError/Code/stalePlan`` if either has changed.
    package func check(_ snapshot: PlanSnapshot, _ backend: any Backend) async throws {
        let observed = Observation(try await backend.observe(snapshot.plan.endpoint))
        var differences: [String] = []
        if !snapshot.hash.hasPrefix(hash) {
            differences.append(
                "the plan is now \(snapshot.hash.prefix(12)): the playbook, a file or an input has changed"
                    + (snapshot.plan.roles.map { ", or the live deployment (now \($0.sentence))" } ?? "")
            )
        }
        if observed.fingerprint != fingerprint {
            differences.append("the endpoint \(snapshot.plan.endpoint) has changed: it now has \(observed.words)")
        }
        guard !differences.isEmpty else { return }
        throw ServiceError(
            .stalePlan,
            "the plan \(text) is stale, so nothing was started: \(differences.joined(separator: "; "))\n"
                + "the current plan is " + PlanBinding(snapshot, observed).text,
            [.plan(playbook: snapshot.plan.playbook, on: snapshot.plan.backend)])
    }
}
