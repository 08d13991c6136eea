internal import NIOCore
internal import Rollouts

/// A routing table prepared for requests: immutable and shared by all loops.
final class CompiledTable: Sendable {
    let endpoints: [CompiledEndpoint]
    private let credentials: CredentialIndex
    private let byName: [Name: Int]

    init(endpoints: [CompiledEndpoint], credentials: [[Credential]]) {
        self.endpoints = endpoints
        self.credentials = CredentialIndex(credentials)
        byName = Dictionary(
            endpoints.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static let empty = CompiledTable(endpoints: [], credentials: [])

    func index(of endpoint: some StringProtocol) -> Int? { byName[Name(String(endpoint))] }

    /// Returns the endpoint that accepts `secret`, or `nil`; if `wanted` is given, only the endpoint with that index.
    func endpoint(for secret: UnsafeRawBufferPointer, wanted: Int?, clock: () -> Timestamp) -> CompiledEndpoint? {
        credentials.endpoint(for: secret, wanted: wanted, clock: clock).map { endpoints[$0] }
    }
}

/// An endpoint with everything that requests need precomputed.
final class CompiledEndpoint: Sendable {
    let name: Name
    let deployments: [CompiledDeployment]
    /// `nil` if no deployment has a positive weight.
    private let choice: WeightedChoice?
    private let shadow: CompiledDeployment?
    /// A request is mirrored if the lower half of its random number is below this bound.
    private let mirrorBound: UInt64
    let bandwidth: EndpointBandwidth?
    let load: LoadClock

    init(
        _ route: EndpointRoute, deployments: [CompiledDeployment], bandwidth: EndpointBandwidth?, load: LoadClock
    ) {
        name = route.name
        self.deployments = deployments
        choice = WeightedChoice(percents: deployments.map { route.traffic[$0.name] })
        shadow = deployments.first { route.mirrorTraffic[$0.name] > 0 }
        let percent = shadow.map { route.mirrorTraffic[$0.name] } ?? 0
        mirrorBound = (UInt64(clamping: min(percent, 100)) << 32) / 100
        self.bandwidth = bandwidth
        self.load = load
    }

    /// Chooses the deployment for a request with this random number, and the shadow if the request is mirrored.
    func choose(_ draw: UInt64) -> (deployment: CompiledDeployment, shadow: CompiledDeployment?)? {
        guard let choice else { return nil }
        let deployment = deployments[choice.index(at: UInt32(truncatingIfNeeded: draw >> 32))]
        return (deployment, draw & 0xFFFF_FFFF < mirrorBound ? shadow : nil)
    }

    /// The deployment that a request selects by name.
    func deployment(_ name: String) -> CompiledDeployment? {
        if let exact = deployments.first(where: { $0.name.text == name }) { return exact }
        let name = Name(name)
        return deployments.first { $0.name == name }
    }
}

/// A deployment with everything that requests need precomputed.
final class CompiledDeployment: Sendable {
    let name: Name
    let state: DeploymentState
    let instances: [Instance]
    let timeout: TimeAmount
    let maxQueueWait: TimeAmount
    let numericTolerance: Double
    let log: DeploymentLog?
    let heads: PreparedHeads
    /// The routes of its instances, which are all alike.
    ///
    /// If there are no instances, all routes are allowed, so that the request is answered with that error.
    let routes: ServerRoutes

    init(_ route: DeploymentRoute, state: DeploymentState, instances: [Instance]) {
        name = route.name
        self.state = state
        self.instances = instances
        timeout = .milliseconds(route.requestSettings.timeout.milliseconds)
        maxQueueWait = .milliseconds(route.requestSettings.maxQueueWait.milliseconds)
        numericTolerance = route.numericTolerance
        log = route.log
        heads = PreparedHeads(deployment: route.name.text)
        routes =
            switch route.instances.first?.target {
            case .simulated: .scoring
            case .server(let address): address.routes
            case nil: .all
            }
    }
}
