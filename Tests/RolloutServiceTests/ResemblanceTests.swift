import RolloutEngine
import Rollouts
import SimulatedEndpoints
import Testing

@testable import RolloutService

@Suite struct ResemblanceTests {
    @Test("a simulated world begins with the endpoint as it was observed")
    func copy() async throws {
        let deployments = [("blue", 2), ("green", 1)].map { name, count in
            DeploymentSnapshot(
                definition: DeploymentDefinition(name: Name(name), endpoint: "houses", instanceCount: 1),
                instances: .init(wanted: count, ready: count))
        }
        let observed = EndpointSnapshot(
            definition: EndpointDefinition(name: "houses"), traffic: DesiredAndActual(["blue": 100]),
            mirrorTraffic: DesiredAndActual(["green": 10]), deployments: deployments)
        let store = try await MemoryStore.resembling(observed, SimulationSettings())
        let clock = VirtualClock(stored: store.time(), wall: Rehearsal.date)
        let copy = try #require(
            try SimulatedBackend(store: store, clock: clock, settings: SimulationSettings()).observe("houses"))
        #expect(copy.state == .succeeded)
        #expect(copy.traffic == DesiredAndActual(["blue": 100]))
        #expect(copy.mirrorTraffic == DesiredAndActual(["green": 10]))
        #expect(copy.deployments.map(\.instances.ready) == [2, 1])
    }

    @Test("where nothing was observed the world is empty")
    func nothing() async throws {
        let store = try await MemoryStore.resembling(nil, SimulationSettings())
        #expect(store.names(.managed).isEmpty)
    }
}
