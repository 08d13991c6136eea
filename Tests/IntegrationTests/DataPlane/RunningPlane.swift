import LocalEndpoints
import Logging
import Rollouts
import SimulatedEndpoints

/// A data plane that listens while a test runs.
struct RunningPlane {
    let plane: DataPlane
    let port: Int

    static func with(
        _ endpoint: EndpointRoute, _ change: (inout DataPlane.Configuration) -> Void = { _ in },
        _ body: (RunningPlane) async throws -> Void
    ) async throws {
        var configuration = DataPlane.Configuration(threads: 2)
        change(&configuration)
        let plane = DataPlane(configuration, logger: Logger(label: "test"))
        let running = RunningPlane(plane: plane, port: try await plane.start())
        await plane.install(RoutingTable(endpoints: [endpoint]))
        do {
            try await body(running)
        } catch {
            await plane.stop(draining: .zero)
            throw error
        }
        await plane.stop(draining: .seconds(1))
    }

    func client() throws -> RawClient { try RawClient(port: port) }

    func install(_ endpoint: EndpointRoute) async { await plane.install(RoutingTable(endpoints: [endpoint])) }

    func reading(_ deployment: String) async throws -> DeploymentReading {
        guard let reading = await plane.readings().first(where: { $0.deployment == Name(deployment) }) else {
            throw RawClient.Failure(what: "nothing was counted for \(deployment)")
        }
        return reading
    }
}

extension InstanceRoute {
    /// One in process that answers at once.
    static func simulated(_ p50: Interval = .zero, errors: Double = 0) -> InstanceRoute {
        let profile = DeploymentProfile(latency: .init(p50: p50, p99: p50), errors: errors)
        return InstanceRoute(
            id: "instance-0", target: .simulated(SimulatedServer(profile: profile, ready: Timestamp(milliseconds: 0))),
            isReady: true)
    }
}
