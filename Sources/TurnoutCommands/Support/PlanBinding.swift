internal import RolloutEngine
internal import Rollouts

/// What `turnout plan` printed, so that nothing else is run: the plan's hash and the endpoint's fingerprint.
struct PlanBinding: Hashable, Sendable {
    var hash: String
    var fingerprint: String

    /// Nil unless `text` is a plan's first 12 digits or more, `@` and a fingerprint.
    init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (12...64).contains(parts[0].count), parts[0].allSatisfy(\.isHexDigit), !parts[1].isEmpty
        else { return nil }
        hash = parts[0].lowercased()
        fingerprint = String(parts[1])
    }

    init(_ snapshot: PlanSnapshot, _ observed: Observation) {
        hash = String(snapshot.hash.prefix(12))
        fingerprint = observed.fingerprint
    }

    var text: String { "\(hash)@\(fingerprint)" }

    /// Refuses a plan that is not the one that was shown, or an endpoint that is not as it was then (DESIGN §4, P16).
    func check(_ snapshot: PlanSnapshot, _ backend: any Backend) async throws {
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
        throw CommandFailure(
            .failed,
            "the plan \(text) is stale, and nothing was started: \(differences.joined(separator: "; ")).\n"
                + "Look again by `turnout plan \(snapshot.plan.playbook)`; the plan now is "
                + PlanBinding(snapshot, observed).text)
    }
}
