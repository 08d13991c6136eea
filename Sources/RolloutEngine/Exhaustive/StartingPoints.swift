internal import Rollouts

/// A possible state of the endpoint when the run begins.
struct StartingPoint: Sendable {
    var sentence: String
    var endpoint: EndpointSnapshot?
}

extension ExhaustiveCheck {
    /// All states in which the run may begin.
    ///
    /// The endpoint exists, and one of the deployments that the playbook mentions, or another one, is live. If the
    /// playbook defines its endpoint, the endpoint may also be absent.
    var startingPoints: [StartingPoint] {
        let stages = plan.withoutDocuments.stages.filter { $0.skip == nil }
        guard stages.contains(where: { $0.action.touchesEndpoint }) else {
            return [StartingPoint(sentence: "at the start there is no endpoint, and none is needed", endpoint: nil)]
        }
        var points: [StartingPoint] = []
        var definition = EndpointDefinition(name: plan.endpoint)
        var defined: [Name: DeploymentDefinition] = [:]
        var needed: [Name] = []
        for stage in stages {
            let action = stage.action
            if let endpoint = action.endpoint {
                definition = endpoint
                if points.isEmpty {
                    points.append(StartingPoint(sentence: "at the start there is no endpoint", endpoint: nil))
                }
            }
            if let deployment = action.deployment, defined[deployment.name] == nil {
                defined[deployment.name] = deployment
            }
            for name in action.usedDeployments where defined[name] == nil && !needed.contains(name) {
                needed.append(name)
            }
        }
        if let roles = plan.roles {
            return startingPoints(of: roles, definition, defined, needed: needed, hasDefine: !points.isEmpty)
        }
        var candidates = needed.isEmpty ? defined.keys.sorted() : needed
        if candidates.isEmpty || needed.count == 1 { candidates.append("other") }
        for live in candidates {
            let present = Set(needed).union([live]).sorted()
            let deployments = present.map { name in
                DeploymentSnapshot(
                    definition: defined[name] ?? DeploymentDefinition(name: name, endpoint: plan.endpoint))
            }
            let endpoint = EndpointSnapshot(
                definition: definition, kind: kind, traffic: DesiredAndActual([live: 100]), deployments: deployments)
            points.append(
                StartingPoint(
                    sentence: "at the start there is \(present.map(\.text).joined(separator: " and ")), "
                        + "with traffic \(endpoint.traffic.actual)", endpoint: endpoint))
        }
        return points
    }
}

extension ExhaustiveCheck {
    /// Returns the states that a plan with resolved roles can meet; any other state would have led to another plan.
    ///
    /// The candidate may exist without traffic, left by an earlier rollout.
    private func startingPoints(
        of roles: Roles, _ definition: EndpointDefinition, _ defined: [Name: DeploymentDefinition], needed: [Name],
        hasDefine: Bool
    ) -> [StartingPoint] {
        func point(_ present: Set<Name>) -> StartingPoint {
            let deployments = present.sorted().map { name in
                DeploymentSnapshot(
                    definition: defined[name] ?? DeploymentDefinition(name: name, endpoint: plan.endpoint))
            }
            let traffic: Traffic = roles.live.map { [$0: 100] } ?? .none
            let names = present.isEmpty ? "the endpoint" : present.sorted().map(\.text).joined(separator: " and ")
            return StartingPoint(
                sentence: "at the start there is \(names), with traffic \(traffic)",
                endpoint: EndpointSnapshot(
                    definition: definition, kind: kind, traffic: DesiredAndActual(traffic), deployments: deployments))
        }
        let first = StartingPoint(sentence: "at the start there is no endpoint", endpoint: nil)
        let present = Set(needed).union(roles.live.map { [$0] } ?? [])
        var points = roles.live == nil && hasDefine ? [first] : []
        points.append(point(present))
        if !present.contains(roles.candidate) { points.append(point(present.union([roles.candidate]))) }
        return points
    }
}

extension Plan {
    /// The same plan with each file's contents replaced by a number, which makes worlds quick to compare.
    var withoutDocuments: Plan {
        var numbers: [Value: Int] = [:]
        func number(_ document: Value) -> Value {
            let known = numbers[document] ?? numbers.count
            numbers[document] = known
            return .integer(known)
        }
        var plan = self
        plan.stages = StageList(
            stages.map { stage in
                var stage = stage
                stage.action.mapDefinitions(
                    endpoint: { $0.document = number($0.document) },
                    deployment: { $0.document = number($0.document) })
                return stage
            })
        return plan
    }
}
