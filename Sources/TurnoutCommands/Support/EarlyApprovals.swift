internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// What `--approve STAGE|all` comes to: the gates that the starter approves ahead of time.
struct EarlyApprovals: Hashable, Sendable {
    /// Names of stages, in the plan's order.
    var stages: [String] = []
    /// Sentences on gates that `all` leaves to others.
    var notes: [String] = []

    /// - Throws: Where a stage that is named has no gate, does not exist, or bars its starter.
    init(_ words: [String], in plan: Plan, from first: Int = 0) throws(CommandFailure) {
        for word in words where word != "all" { try check(word, in: plan, from: first) }
        let all = words.contains("all")
        for index in plan.stages.indices.dropFirst(first) {
            let stage = plan.stages[index]
            guard let approval = stage.approval, stage.skip == nil else { continue }
            guard !words.contains(stage.name) else {
                stages.append(stage.name)
                continue
            }
            guard all else { continue }
            if let bar = Self.bar(approval) {
                notes.append("stage \(stage.name) is left to others: \(bar)")
            } else {
                stages.append(stage.name)
            }
        }
    }

    private func check(_ word: String, in plan: Plan, from first: Int) throws(CommandFailure) {
        guard let index = plan.stages.firstIndex(where: { $0.name == word }) else {
            let names = plan.stages.filter { $0.approval != nil }.map(\.name)
            let hint = nearest(word, among: plan.stages.map(\.name)).map { "did you mean '\($0)'?" }
            let known =
                names.isEmpty
                ? "no stage asks for one" : "approvals are asked for by \(names.joined(separator: ", "))"
            throw CommandFailure(.usage, "--approve \(word): there is no such stage; \(hint ?? known)")
        }
        let stage = plan.stages[index]
        guard let approval = stage.approval else {
            throw CommandFailure(.usage, "--approve \(word): the stage asks for no approval")
        }
        guard index >= first else { throw CommandFailure(.usage, "--approve \(word): the stage is done already") }
        if let bar = Self.bar(approval) { throw CommandFailure(.usage, "--approve \(word): \(bar)") }
    }

    /// Why the person who starts the run may not approve, or nil.
    private static func bar(_ approval: Approval) -> String? {
        let person = Person.current()
        let group = LocalGroup.membership(for: approval)
        return switch approval.objection(to: person, memberOf: group, starter: person) {
        case nil, .repeated?: nil
        case .starter?: "it bars the person who started the run"
        case .group(let group)?: LocalGroup.objection(to: person, group)
        }
    }
}

extension LocalGroup {
    /// Why a person does not count where `group` is asked for.
    static func objection(to person: Person, _ group: String) -> String {
        membership(in: group) == .unknown
            ? "it wants a member of the group \(group), and this machine has no such group"
            : "it wants a member of the group \(group), and \(person.name) is not in it"
    }
}
