internal import RolloutEngine
internal import Rollouts

/// What serves each deployment of a plan or an endpoint, for people and as JSON.
struct Servers: Hashable, Sendable, Encodable {
    private struct Server: Hashable {
        var deployment: Name
        var text: String
    }

    private var all: [Server] = []

    /// None is known.
    static let none = Servers()

    private init() {}

    /// Those that `plan` deploys, and those that the endpoint has besides.
    init(of plan: Plan, on endpoint: EndpointSnapshot?) {
        for stage in plan.stages where stage.skip == nil { add(stage.action.deployment) }
        let planned = Set(all.map(\.deployment))
        for deployment in endpoint?.deployments ?? [] where !planned.contains(deployment.name) {
            add(deployment.definition)
        }
    }

    /// Of a run: what was observed once it has ended, whatever it was to deploy.
    init(of plan: Plan, by record: RunRecord) {
        if record.status.isEnded, let endpoint = record.latest.snapshot {
            self.init(of: endpoint)
        } else {
            self.init(of: plan, on: record.latest.snapshot)
        }
    }

    init(of endpoint: EndpointSnapshot) {
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
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: all.map { ($0.deployment, $0.text) }))
    }

    var isEmpty: Bool { all.isEmpty }

    /// A heading and a line for each deployment; empty if none is known.
    func lines(columns: Int, heading: String = "Servers:") -> [String] {
        guard !isEmpty else { return [] }
        return [heading]
            + all.flatMap { $0.text.printable.hanging(behind: "  \($0.deployment): ", width: columns) }
    }
}
