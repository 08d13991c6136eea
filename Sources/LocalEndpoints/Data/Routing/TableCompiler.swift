internal import NIOCore
internal import Rollouts

/// Compiles routing tables and carries over the state that outlives them: counts, places and bandwidth.
struct TableCompiler: Sendable {
    private struct Key: Hashable {
        var endpoint: Name
        var deployment: Name
        var incarnation: String
    }

    /// Bytes per second for each endpoint; `nil` for no limit.
    let bandwidth: Int?
    private var present: [Key: DeploymentState] = [:]
    private var bandwidths: [Name: EndpointBandwidth] = [:]
    private var loads: [Name: LoadClock] = [:]
    /// Deployments that are no longer in the table: they finish their requests, and their counts are kept.
    private var retired: [Key: DeploymentState] = [:]

    init(bandwidth: Int?) { self.bandwidth = bandwidth }

    mutating func compile(_ table: RoutingTable, at now: NIODeadline) -> CompiledTable {
        var kept: [Key: DeploymentState] = [:]
        var keptBandwidths: [Name: EndpointBandwidth] = [:]
        var keptLoads: [Name: LoadClock] = [:]
        let endpoints = table.endpoints.map { endpoint in
            let deployments = endpoint.deployments.map { deployment in
                let key = Key(
                    endpoint: endpoint.name, deployment: deployment.name, incarnation: deployment.incarnation)
                let state =
                    present[key] ?? retired.removeValue(forKey: key)
                    ?? DeploymentState(
                        endpoint: endpoint.name, deployment: deployment.name, incarnation: deployment.incarnation)
                kept[key] = state
                return CompiledDeployment(deployment, state: state, instances: state.update(deployment, at: now))
            }
            let limit = bandwidth.map { bandwidths[endpoint.name] ?? EndpointBandwidth(bytesPerSecond: $0) }
            keptBandwidths[endpoint.name] = limit
            let load = loads[endpoint.name] ?? LoadClock()
            keptLoads[endpoint.name] = load
            return CompiledEndpoint(endpoint, deployments: deployments, bandwidth: limit, load: load)
        }
        retired.merge(present.filter { kept[$0.key] == nil }) { _, last in last }
        (present, bandwidths, loads) = (kept, keptBandwidths, keptLoads)
        return CompiledTable(endpoints: endpoints, credentials: table.endpoints.map(\.credentials))
    }

    /// The counts of every incarnation, including retired ones.
    var readings: [DeploymentReading] { present.values.map(\.reading) + retired.values.map(\.reading) }

    func inFlight(at target: InstanceTarget) -> Int {
        present.values.reduce(0) { $0 + $1.inFlight(at: target) }
            + retired.values.reduce(0) { $0 + $1.inFlight(at: target) }
    }

    /// The current numbers of the deployments in the table, sorted by name.
    func observations() -> [DeploymentObservation] {
        present.values.map { $0.observe() }.sorted { ($0.endpoint, $0.deployment) < ($1.endpoint, $1.deployment) }
    }
}
