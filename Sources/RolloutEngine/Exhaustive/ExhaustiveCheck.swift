package import Rollouts

/// Explores every outcome of a plan at every point, with the run machine and the endpoint model that real runs use.
///
/// Each change is accepted, refused, unanswered, or applied without an answer. Each gate passes, fails, is rejected or
/// times out. The runner dies and resumes, and a person aborts, at every event. Worlds that differ only in time count
/// as one. In every reachable world:
///
/// - live traffic sums to 0 or 100 and reaches only deployments that serve;
/// - no deployment has both live and mirror traffic;
/// - nothing that has traffic is deleted;
/// - every end is `succeeded`, back at the initial traffic, or held for a person with clients served;
/// - some end can be reached.
package struct ExhaustiveCheck: Sendable {
    package struct Report: Sendable {
        /// The number of distinct worlds that were reached.
        package var worlds: Int
        /// `nil` if all invariants hold.
        package var refutation: Refutation?
        /// False if the exploration ended at ``ExhaustiveCheck/limit``.
        package var isComplete: Bool
    }

    /// A shortest path to a violated invariant.
    package struct Refutation: Hashable, Sendable {
        package var problem: String
        /// The steps from the start, one sentence each.
        package var story: [String]
    }

    package var plan: Plan
    package var kind: EndpointKind
    /// The largest number of worlds to explore.
    package var limit: Int

    package init(plan: Plan, kind: EndpointKind, limit: Int = 2_000_000) {
        self.plan = plan
        self.kind = kind
        self.limit = limit
    }

    package func run() -> Report {
        var worlds = 0
        for start in startingPoints {
            let report = explore(from: start)
            worlds += report.worlds
            if report.refutation != nil || !report.isComplete {
                return Report(worlds: worlds, refutation: report.refutation, isComplete: report.isComplete)
            }
        }
        return Report(worlds: worlds, refutation: nil, isComplete: true)
    }

    private func explore(from start: StartingPoint) -> Report {
        var exploration = exploration(from: start)
        if let refutation = exploration.happyPathRefutation() {
            return Report(worlds: exploration.count, refutation: refutation, isComplete: true)
        }
        while let next = exploration.next() {
            if let problem = exploration.visit(next) {
                let refutation = Refutation(problem: problem, story: exploration.story(of: next))
                return Report(worlds: exploration.count, refutation: refutation, isComplete: true)
            }
            guard exploration.count <= limit else {
                return Report(worlds: exploration.count, refutation: nil, isComplete: false)
            }
        }
        return Report(worlds: exploration.count, refutation: exploration.dead(), isComplete: true)
    }

    func exploration(from start: StartingPoint) -> Exploration {
        let plan = plan.withoutDocuments
        let id = RunID(playbook: plan.playbook, number: 1)
        let record = RunRecord(
            id: id, backend: plan.backend, endpoint: plan.endpoint, planHash: "explored",
            starter: Person(name: "the starter", host: "anywhere"), started: Timestamp(milliseconds: 0))
        let stages = plan.stages.map { StageRecord(name: $0.name, action: $0.action.kind) }
        let machine = RunMachine(plan: plan, state: RunState(record: record, stages: stages))
        var first = World(machine: machine, model: EndpointModel(kind: kind, endpoint: start.endpoint))
        first.give(.begin, at: first.now)
        return Exploration(first: first, sentence: start.sentence)
    }
}
