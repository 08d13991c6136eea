internal import RolloutEngine
internal import Rollouts

/// A rule about the stages of a playbook, which are played one after another on a model of the endpoint.
///
/// A rule is a type in a file of its name, and that name is what users see beside a finding. A stage that is skipped
/// has no moment.
protocol PlaybookRule {
    /// True where the rule judges a stage by itself, so that it can where a stage before could not be read.
    static var judgesAlone: Bool { get }
    init()
    /// What the rule has against a stage, in the order of the stages.
    mutating func check(_ moment: Moment) -> [Finding]
    /// What the rule has against the state that the last stage leaves.
    func checkEnd(_ endpoint: EndpointSnapshot?) -> [Finding]
}

extension PlaybookRule {
    static var name: String { String(describing: Self.self) }

    static var judgesAlone: Bool { false }

    func checkEnd(_ endpoint: EndpointSnapshot?) -> [Finding] { [] }

    /// A finding of this rule.
    func finding(
        _ severity: Finding.Severity = .error, at location: Location, _ message: String, help: String
    ) -> Finding {
        Finding(severity, Self.name, at: location, message, help: help)
    }
}

/// One stage in the play.
struct Moment {
    let stage: PlacedStage
    let capabilities: Capabilities
    /// Requests a second that the playbook's `load` says, if it does.
    let rate: Double?
    /// Nil where the playbook names none.
    let roles: Roles?
    /// The endpoint when the stage begins and when it ends.
    let before: EndpointSnapshot?
    let after: EndpointSnapshot?
    /// The changes that the stage comes to, each with the state that it meets and what is against it.
    let steps: [Step]
    /// Who would be analysed now, and beside whom.
    let arms: AnalysisArms?
    /// True where the playbook defines the endpoint, or it was observed, so that all that exists is known.
    let isWholeStory: Bool

    struct Step {
        let change: Change
        let before: EndpointSnapshot?
        let violations: [Violation]
    }

    /// What a rule of Rollouts has against the stage.
    func violations(of rule: String) -> [Violation] {
        steps.flatMap(\.violations).filter { $0.rule == rule }
    }
}

/// Every rule, new for one play.
func playbookRules() -> [any PlaybookRule] {
    [
        ValidNames(), BackendCanDoIt(), TrafficSums(), MirrorLimit(), LiveOrMirrored(), CreatedBeforeUse(),
        EndpointLimits(), NoDeleteWithTraffic(), CutOverHasGate(), MirrorLeftOn(), ClientsStayServed(),
        AnalysisHasCandidate(), CandidateIsIdle(), MetricIsReported(), VerdictInTime(), DeletesAfterGates(),
    ]
}
