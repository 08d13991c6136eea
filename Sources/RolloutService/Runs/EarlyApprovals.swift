internal import RolloutEngine
internal import Rollouts
internal import Support

/// The gates that the starter of a run approves in advance.
struct EarlyApprovals: Hashable, Sendable {
    /// The names of the approved stages, in the plan's order.
    var stages: [String] = []
    /// Clauses about gates that `all` does not include because the starter may not approve them.
    var notes: [String] = []

    /// Resolves `words`, which are names of stages or `all`.
    ///
    /// - Throws: ``ServiceError/Code/notPossible`` if a named stage does not exist, requires no approval, is already
    ///   done, or may not be approved by the caller.
    init(_ words: [String], in plan: Plan, from first: Int = 0, by caller: Caller) throws(ServiceError) {
        for word in words where word != "all" { try check(word, in: plan, from: first, by: caller) }
        let all = words.contains("all")
        for index in plan.stages.indices.dropFirst(first) {
            let stage = plan.stages[index]
            guard let approval = stage.approval, stage.skip == nil else { continue }
            guard !words.contains(stage.name) else {
                stages.append(stage.name)
                continue
            }
            guard all else { continue }
            if let bar = Self.bar(approval, to: caller) {
                notes.append("stage \(stage.name) is not approved in advance: \(bar)")
            } else {
                stages.append(stage.name)
            }
        }
    }

    private func check(_ word: String, in plan: Plan, from first: Int, by caller: Caller) throws(ServiceError) {
        guard let index = plan.stages.firstIndex(where: { $0.name == word }) else {
            let names = plan.stages.filter { $0.approval != nil }.map(\.name)
            let hint = didYouMean(word, among: plan.stages.map(\.name))
            let known =
                names.isEmpty
                ? "no stage requires an approval" : "stages with an approval: \(names.joined(separator: ", "))"
            throw ServiceError(.notPossible, "cannot approve '\(word)': there is no such stage; \(hint ?? known)")
        }
        let stage = plan.stages[index]
        guard let approval = stage.approval else {
            throw ServiceError(.notPossible, "cannot approve '\(word)': the stage requires no approval")
        }
        guard index >= first else { throw ServiceError(.notPossible, "cannot approve '\(word)': the stage is done") }
        if let bar = Self.bar(approval, to: caller) {
            throw ServiceError(.notPossible, "cannot approve '\(word)': \(bar)")
        }
    }

    /// Why the person who starts the run may not approve; nil if they may.
    private static func bar(_ approval: Approval, to caller: Caller) -> String? {
        let group = caller.membership(for: approval)
        return switch approval.objection(to: caller.person, memberOf: group, starter: caller.person) {
        case nil, .repeated?: nil
        case .starter?: "the person who starts the run is not allowed to approve it"
        case .group(let group)?: caller.objection(to: group)
        }
    }
}
