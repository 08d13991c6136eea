internal import AzureEndpoints
internal import Rollouts

/// Creates the data plane's routing table from the records and the running instances.
extension EndpointRegistry {
    func routingTable() -> RoutingTable {
        let present = records.values.filter { $0.snapshot.state != .creating && !isGone($0) }
        return RoutingTable(endpoints: present.sorted { $0.name < $1.name }.map(route))
    }

    private func route(_ record: EndpointRecord) -> EndpointRoute {
        EndpointRoute(
            name: record.name, credentials: credentials(of: record), traffic: record.snapshot.traffic.actual,
            mirrorTraffic: record.snapshot.mirrorTraffic.actual,
            deployments: record.deployments.keys.sorted().compactMap { name in
                guard let deployment = record.deployments[name], !isGone(deployment, in: record),
                    let running = running[deployment.incarnation]
                else { return nil }
                let properties = running.current?.resource.properties
                var route = DeploymentRoute(
                    name: name, incarnation: deployment.incarnation,
                    requestSettings: RequestSettings(properties?.requestSettings),
                    instances: running.current?.status.instances ?? [], log: running.log)
                let tolerance = properties?.properties?[TurnoutProperty.numericTolerance].flatMap(Double.init)
                if let tolerance { route.numericTolerance = tolerance }
                return route
            })
    }

    /// The endpoint's keys if its auth mode is `key`, otherwise the tokens that were issued for it.
    private func credentials(of record: EndpointRecord) -> [Credential] {
        guard record.snapshot.definition.authMode == "key" else {
            return record.tokens.map { Credential(secret: $0.secret, expires: $0.expires) }
        }
        return [record.keys.primaryKey, record.keys.secondaryKey].compactMap { $0 }.map { Credential(secret: $0) }
    }
}

/// Compares routing tables, so that an unchanged table is not installed again.
struct RoutingFingerprint: Hashable, Sendable {
    private var endpoints: [Endpoint]

    private struct Endpoint: Hashable, Sendable {
        var name: String
        var credentials: [Credential]
        var traffic: Traffic
        var mirrorTraffic: Traffic
        var deployments: [Deployment]
    }

    private struct Deployment: Hashable, Sendable {
        var incarnation: String
        var settings: RequestSettings
        var numericTolerance: Double
        var instances: [InstanceRoute]
    }

    init(_ table: RoutingTable) {
        endpoints = table.endpoints.map { endpoint in
            Endpoint(
                name: endpoint.name.text, credentials: endpoint.credentials, traffic: endpoint.traffic,
                mirrorTraffic: endpoint.mirrorTraffic,
                deployments: endpoint.deployments.map {
                    Deployment(
                        incarnation: $0.incarnation, settings: $0.requestSettings,
                        numericTolerance: $0.numericTolerance, instances: $0.instances)
                })
        }
    }
}
