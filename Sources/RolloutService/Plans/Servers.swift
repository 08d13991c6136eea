package import RolloutEngine
package import Rollouts

/// What serves each deployment of a plan or an endpoint, for people and as JSON.
package struct Servers: Hashable, Sendable, Encodable {
    package struct Server: Hashable, Sendable {
        package var deployment: Name
        package var text: String
    }

    package private(set) var all: [Server] = []

    /// No server is known.
    package static let none = Servers()

    private init() {}

    /// The servers of the deployments in `plan`, and of the endpoint's other deployments.
    package init(of plan: Plan, on endpoint: EndpointSnapshot?) {
        for stage in plan.stages where stage.skip == nil { add(stage.action.deployment) }
        let planned = Set(all.map(\.deployment))
        for deployment in endpoint?.deployments ?? [] where !planned.contains(deployment.name) {
            add(deployment.definition)
        }
    }

    /// The servers of a run: those observed if it has ended, otherwise as in ``init(of:on:)``.
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

    /// A deployment that is deployed twice has one server after the other.
    private mutating func add(_ definition: DeploymentDefinition?) {
        guard let definition, let server = definition.server else { return }
        guard let index = all.firstIndex(where: { $0.deployment == definition.name }) else {
            return all.append(Server(deployment: definition.name, text: server))
        }
        if all[index].text != server { all[index].text += ", then \(server)" }
    }

    /// Encodes a mapping from deployments to servers.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: all.map { ($0.deployment, $0.text) }))
    }

    package var isEmpty: Bool { all.isEmpty }
}
