internal import RolloutEngine
internal import Rollouts

/// Plays the stages of a playbook on a model of its endpoint and asks every rule about each.
struct Play {
    let capabilities: Capabilities
    private var model: EndpointModel
    private var rules = playbookRules()
    private var baseline: AnalysisBaseline
    private let rate: Double?
    private let isWholeStory: Bool
    /// Deployments that this playbook deleted, which therefore are not there already.
    private var deleted: Set<Name> = []
    /// False behind a stage that could not be read.
    private var knowsHistory = true
    private(set) var findings: [Finding] = []

    /// Begins with no endpoint where `definesEndpoint`; else it is there already, with deployments and traffic that
    /// are not known.
    init(endpoint: Name, definesEndpoint: Bool, capabilities: Capabilities, rate: Double? = nil) {
        self.capabilities = capabilities
        self.rate = rate
        isWholeStory = definesEndpoint
        model = EndpointModel(
            kind: capabilities.kind,
            endpoint: definesEndpoint
                ? nil : EndpointSnapshot(definition: EndpointDefinition(name: endpoint), kind: capabilities.kind))
        baseline = AnalysisBaseline(model.endpoint)
    }

    mutating func play(_ stage: PlacedStage) {
        guard stage.stage.skip == nil else { return }
        if !isWholeStory { assumeDeployments(of: stage.stage.action) }
        let before = model.endpoint
        var steps: [Moment.Step] = []
        for change in changes(of: stage.stage.action, on: before) {
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
            stage: stage, capabilities: capabilities, rate: rate, before: before, after: model.endpoint, steps: steps,
            arms: baseline.arms(after: stage.stage.action, on: model.endpoint), isWholeStory: isWholeStory)
        for index in rules.indices where knowsHistory || type(of: rules[index]).judgesAlone {
            findings += rules[index].check(moment)
        }
        switch stage.stage.action {
        case .deleteDeployment(let name): deleted.insert(name)
        case .deploy(let definition): deleted.remove(definition.name)
        case .define, .scale, .invoke, .mirrorTraffic, .traffic, .deleteEndpoint, .wait, .run: break
        }
        // Missing deployments were reported once; later stages are judged as if they were there.
        if isWholeStory { assumeDeployments(of: stage.stage.action) }
    }

    /// Goes on behind a stage that could not be read: from here on, rules that need to know what was before are silent.
    mutating func playUnreadable() { knowsHistory = false }

    mutating func end() {
        guard knowsHistory else { return }
        for rule in rules { findings += rule.checkEnd(model.endpoint) }
    }

    private mutating func assumeDeployments(of action: StageAction) {
        guard let endpoint = model.endpoint?.name else { return }
        if case .deleteDeployment = action, isWholeStory { return }
        for name in action.usedDeployments where !deleted.contains(name) || isWholeStory {
            model.assume(DeploymentDefinition(name: name, endpoint: endpoint))
        }
    }
}

extension EndpointModel {
    /// Everything that is against `change` now, one finding of each rule.
    fileprivate func violations(of change: Change) -> [Violation] {
        guard !change.isDone(in: endpoint) else { return [] }
        return changeRules.compactMap { $0.violation(of: change, on: endpoint, kind: kind) }
    }
}
