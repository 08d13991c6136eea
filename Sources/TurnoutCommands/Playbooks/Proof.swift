internal import RolloutEngine

/// The result of an exhaustive check.
struct Proof: Encodable {
    /// False if a rule was violated, or the playbook has too many states to explore.
    var holds: Bool
    /// The number of different states that were reached.
    var states: Int
    /// What goes wrong; nil if nothing does.
    var problem: String?
    /// The steps that lead to the problem.
    var story: [String]?

    /// Combines the explorations of one playbook; the first refutation counts.
    ///
    /// Returns nil if there are none.
    init?(_ reports: [ExhaustiveCheck.Report]) {
        guard let report = reports.first(where: { $0.refutation != nil || !$0.isComplete }) ?? reports.last else {
            return nil
        }
        holds = report.refutation == nil && report.isComplete
        states = reports.reduce(0) { $0 + $1.worlds }
        problem = report.refutation?.problem
        story = report.refutation?.story
        if !report.isComplete, problem == nil {
            problem = "the playbook has more than \(report.worlds) states; those that were explored have no problem"
        }
    }

    func lines(style: Style) -> [String] {
        guard let problem else {
            return [
                style("proved over \(states) states", .green) + ":",
                "  live traffic always sums to 0 or 100, and only reaches deployments that serve",
                "  no deployment has live and mirror traffic at once; no deployment with traffic is deleted",
                "  every run ends succeeded, at its initial traffic, or held for a person with clients served",
                "  every state can reach an end",
            ]
        }
        let steps = (story ?? []).enumerated().map { "  \($0 + 1). \($1)" }
        guard !steps.isEmpty else { return [style("not proved", .red) + ": \(problem)"] }
        return [style("refuted", .red) + ": \(problem)", "steps:"] + steps
    }
}
