internal import RolloutEngine
internal import Rollouts

/// A rule about the stages of a playbook, which are simulated one after another on a model of the endpoint.
///
/// A rule is a type in a file of its name, and users see that name in a finding. Skipped stages are not checked.
protocol PlaybookRule {
    /// Whether the rule needs nothing but the stage, so that it also applies after a stage that could not be read.
    static var needsOnlyStage: Bool { get }
    init()
    /// Returns the findings about a stage; stages are checked in their order.
    mutating func check(_ moment: Moment) -> [Finding]
    /// Returns the findings about the state that the last stage leaves.
    func checkEnd(_ endpoint: EndpointSnapshot?) -> [Finding]
}

extension PlaybookRule {
    static var name: String { String(describing: Self.self) }

    static var needsOnlyStage: Bool { false }

    func checkEnd(_ endpoint: EndpointSnapshot?) -> [Finding] { [] }

    /// A finding of this rule.
    func finding(
        _ severity: Finding.Severity = .error, at location: Location, _ message: String, help: String
    ) -> Finding {
        Finding(severity, Self.name, at: location, message, help: help)
    }
}

/// What a rule can use to check one stage.
struct Moment {
    let stage: PlacedStage
    let capabilities: Capabilities
    /// The rate of the playbook's `load` in requests per second, or `nil`.
    let rate: Double?
    /// The roles; `nil` if the playbook uses none.
    let roles: Roles?
    /// The endpoint when the stage begins and when it ends.
    let before: EndpointSnapshot?
    let after: EndpointSnapshot?
    /// The changes that the stage makes, each with the state before it and its violations.
    let steps: [Step]
    /// The candidate and the control of an analysis after this stage; `nil` if there is no candidate.
    let arms: AnalysisArms?
    /// Whether the playbook defines the endpoint or it was observed, so that its complete state is known.
    let isStateComplete: Bool

    struct Step {
        let change: Change
        let before: EndpointSnapshot?
        let violations: [Violation]
    }

    /// Returns the stage's violations of a rule of Rollouts.
    func violations(of rule: String) -> [Violation] {
        steps.flatMap(\.violations).filter { $0.rule == rule }
    }
}

/// Returns a new instance of every rule.
func playbookRules() -> [any PlaybookRule] {
    [
        ValidNames(), BackendCanDoIt(), TrafficSums(), MirrorLimit(), LiveOrMirrored(), CreatedBeforeUse(),
        EndpointLimits(), NoDeleteWithTraffic(), CutOverHasGate(), MirrorLeftOn(), ClientsStayServed(),
        AnalysisHasCandidate(), CandidateIsIdle(), MetricIsReported(), VerdictInTime(), DeletesAfterGates(),
    ]
}
