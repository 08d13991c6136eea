package import RolloutEngine
package import Rollouts

/// What serves each deployment of a plan or an endpoint, for people and as JSON.
package struct Servers: Hashable, Sendable, Encodable {
    package struct Server: Hashable, Sendable {
        package var deployment: Name
        package var text: String
    }

    package private(set) var all: [Server] = []

    /// None is known.
    package static let none = Servers()

    private init() {}

    /// Those that `plan` deploys, and those that the endpoint has besides.
    package init(of plan: Plan, on endpoint: EndpointSnapshot?) {
        for stage in plan.stages where stage.skip == nil { add(stage.action.deployment) }
        let planned = Set(all.map(\.deployment))
        for deployment in endpoint?.deployments ?? [] where !planned.contains(deployment.name) {
            add(deployment.definition)
        }
    }

    /// Of a run: what was observed once it has ended, whatever it was to deploy.
    package init(of plan: Plan, by record: RunRecord) {
        if record.status.isEnded, let endpoint = record.latest.snapshot {
            self.init(of: endpoint)
        } else {
            self.init(of: plan, on: record.latest.snapshot)
        }
    }

    package init(of endpoint: EndpointSnapshot) {
        for deployment in endpoint.deployments { add(deployment.definition) }
    }

    /// A deployment that is deployed twice is served by one server after the other.
    private mutating func add(_ definition: DeploymentDefinition?) {
        guard let definition, let server = definition.server else { return }
        guard let index = all.firstIndex(where: { $0.deployment == definition.name }) else {
            return all.append(Server(deployment: definition.name, text: server))
        }
        if all[index].text != server { all[index].text += ", then \(server)" }
    }

    /// A mapping of deployments.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: all.map { ($0.deployment, $0.text) }))
    }

    package var isEmpty: Bool { all.isEmpty }
}
