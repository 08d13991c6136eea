internal import FoundationEssentials
internal import LocalEndpoints
internal import Logging
internal import Rollouts
internal import SimulatedEndpoints

/// The data plane by itself, for measuring: `DataPlaneHost PORT proxy|simulated [DEPLOYMENTS]`.
///
/// Takes KEY, BLUE_URL, GREEN_URL and SHADOW_URL as the benchmark gives them; blue has 90 %, green 10 %, and 10 % are
/// copied to the shadow.
@main
struct Host {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let environment = ProcessInfo.processInfo.environment
        guard arguments.count >= 3, let port = Int(arguments[1]), let key = environment["KEY"] else {
            throw Usage()
        }
        var configuration = DataPlane.Configuration(port: port)
        configuration.bandwidth = nil
        configuration.logsRequests = false
        let plane = DataPlane(configuration, logger: Logger(label: "host"))
        let extra = arguments.count > 3 ? max((Int(arguments[3]) ?? 3) - 3, 0) : 0
        let names = ["blue", "green", "shadow"] + (0..<extra).map { "other-\($0)" }
        let deployments = try names.map { name in
            DeploymentRoute(
                name: Name(name), incarnation: name,
                requestSettings: RequestSettings(timeout: .seconds(30), maxConcurrentRequestsPerInstance: 16_384),
                instances: [
                    InstanceRoute(
                        id: "instance-0", target: try target(name, arguments[2], environment), isReady: true)
                ])
        }
        let endpoint = EndpointRoute(
            name: "houses", credentials: [Credential(secret: key)], traffic: ["blue": 90, "green": 10],
            mirrorTraffic: environment["MIRROR"] == "0" ? .none : ["shadow": 10], deployments: deployments)
        _ = try await plane.start()
        await plane.install(RoutingTable(endpoints: [endpoint]))
        while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
    }

    struct Usage: Error {}

    private static func target(_ name: String, _ mode: String, _ environment: [String: String]) throws
        -> InstanceTarget
    {
        if mode == "simulated" {
            let profile = DeploymentProfile(latency: .init(p50: .zero, p99: .zero))
            return .simulated(SimulatedServer(profile: profile, ready: Timestamp(milliseconds: 0)))
        }
        guard let text = environment["\(name.uppercased())_URL"] ?? environment["SHADOW_URL"] else { throw Usage() }
        if text.hasPrefix("unix:") { return .server(ServerAddress(.unix(path: String(text.dropFirst(5))))) }
        guard let url = URL(string: text), let host = url.host(), let port = url.port else { throw Usage() }
        return .server(ServerAddress(.tcp(host: host, port: port)))
    }
}
