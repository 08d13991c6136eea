internal import RolloutEngine
internal import Rollouts

/// Simulates the stages of a playbook on a model of its endpoint, and checks each with every rule.
struct Play {
    let capabilities: Capabilities
    private var model: EndpointModel
    private var rules = playbookRules()
    private var baseline: AnalysisBaseline
    private let rate: Double?
    private let roles: Roles?
    private let isStateComplete: Bool
    /// Deployments that this playbook deleted, and that therefore do not exist already.
    private var deleted: Set<Name> = []
    /// False after a stage that could not be read.
    private var isHistoryKnown = true
    private(set) var findings: [Finding] = []

    /// The state before the first stage.
    enum Start: Sendable {
        /// The complete state: the endpoint, or `nil` if there is none.
        case known(EndpointSnapshot?)
        /// An endpoint whose deployments and traffic are unknown.
        case unknown
        /// An endpoint on which this deployment serves all clients; other deployments are unknown.
        case serving(Name)
    }

    init(endpoint: Name, start: Start, capabilities: Capabilities, rate: Double? = nil, roles: Roles? = nil) {
        self.capabilities = capabilities
        self.rate = rate
        self.roles = roles
        let bare = EndpointSnapshot(definition: EndpointDefinition(name: endpoint), kind: capabilities.kind)
        switch start {
        case .known(let present):
            isStateComplete = true
            model = EndpointModel(kind: capabilities.kind, endpoint: present)
        case .unknown:
            isStateComplete = false
            model = EndpointModel(kind: capabilities.kind, endpoint: bare)
        case .serving(let live):
            isStateComplete = false
            var present = bare
            present.deployments = [DeploymentSnapshot(definition: DeploymentDefinition(name: live, endpoint: endpoint))]
            present.traffic = DesiredAndActual([live: 100])
            model = EndpointModel(kind: capabilities.kind, endpoint: present)
        }
        baseline = AnalysisBaseline(model.endpoint)
    }

    mutating func play(_ stage: PlacedStage) {
        guard stage.stage.skip == nil else { return }
        if !isStateComplete { assumeDeployments(of: stage.stage.action) }
        let before = model.endpoint
        var steps: [Moment.Step] = []
        for change in stage.stage.action.changes(on: before) {
            let violations = model.violations(of: change)
            steps.append(Moment.Step(change: change, before: model.endpoint, violations: violations))
            do throws(Violation) {
                try model.accept(change)
                model.settle(change)
            } catch {
                model.force(change)
            }
        }
        let moment = Moment(
            stage: stage, capabilities: capabilities, rate: rate, roles: roles, before: before, after: model.endpoint,
            steps: steps,
            arms: baseline.arms(after: stage.stage.action, on: model.endpoint), isStateComplete: isStateComplete)
        for index in rules.indices where isHistoryKnown || type(of: rules[index]).needsOnlyStage {
            findings += rules[index].check(moment)
        }
        if let name = stage.stage.action.deletedDeployment { deleted.insert(name) }
        if let definition = stage.stage.action.deployment { deleted.remove(definition.name) }
        // Missing deployments were reported once; later stages are judged as if they existed.
        if isStateComplete { assumeDeployments(of: stage.stage.action) }
    }

    /// Continues after a stage that could not be read; from here on, rules that need earlier stages are skipped.
    mutating func continueAfterUnreadableStage() { isHistoryKnown = false }

    mutating func end() {
        guard isHistoryKnown else { return }
        for rule in rules { findings += rule.checkEnd(model.endpoint) }
    }

    private mutating func assumeDeployments(of action: StageAction) {
        guard let endpoint = model.endpoint?.name else { return }
        if action.deletedDeployment != nil, isStateComplete { return }
        for name in action.usedDeployments where !deleted.contains(name) || isStateComplete {
            model.assume(DeploymentDefinition(name: name, endpoint: endpoint))
        }
    }
}

extension EndpointModel {
    /// Returns all violations of `change` in the present state, at most one per rule.
    fileprivate func violations(of change: Change) -> [Violation] {
        guard !change.isDone(in: endpoint) else { return [] }
        return changeRules.compactMap { $0.violation(of: change, on: endpoint, kind: kind) }
    }
}
