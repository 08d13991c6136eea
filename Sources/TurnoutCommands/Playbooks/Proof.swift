internal import RolloutEngine

/// What an exhaustive check has found, for showing.
struct Proof: Encodable {
    /// False when it was refuted, or when it is too large to be explored.
    var holds: Bool
    /// Different states that were reached.
    var states: Int
    /// What goes wrong, and how it comes to that, step by step.
    var problem: String?
    var story: [String]?

    /// What the explorations of one playbook come to, or nil where none was made; the first refutation counts.
    init?(_ reports: [ExhaustiveCheck.Report]) {
        guard let report = reports.first(where: { $0.refutation != nil || !$0.isComplete }) ?? reports.last else {
            return nil
        }
        holds = report.refutation == nil && report.isComplete
        states = reports.reduce(0) { $0 + $1.worlds }
        problem = report.refutation?.problem
        story = report.refutation?.story
        if !report.isComplete, problem == nil {
            problem = "the playbook has more than \(report.worlds) states; nothing wrong was found up to there"
        }
    }

    func lines(style: Style) -> [String] {
        guard let problem else {
            return [
                style("proved over \(states) states", .green) + ":",
                "  live traffic always sums to 0 or 100, and only reaches deployments that serve",
                "  nobody has live and mirrored traffic; nothing that has traffic is deleted",
                "  every end is succeeded, back at the traffic of the start, or held for a person with clients served",
                "  from everywhere there is a way to an end",
            ]
        }
        let steps = (story ?? []).enumerated().map { "  \($0 + 1). \($1)" }
        guard !steps.isEmpty else { return [style("not proved", .red) + ": \(problem)"] }
        return [style("refuted", .red) + ": \(problem)", "how it comes to that:"] + steps
    }
}
