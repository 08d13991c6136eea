import RolloutEngine
import Rollouts
import Synchronization
import Testing

@testable import LocalEndpoints

@Suite("A runner's view of an emulator that is started again")
struct RestartShieldTests {
    /// An emulator that is set by hand.
    private final class World: Backend, Sendable {
        struct State {
            var started: Int64? = 1
            var ready = 1
            var state = ProvisioningState.succeeded
        }

        let state = Mutex(State())
        let capabilities = LocalPlugin(serve: []).capabilities(of: .managed, settings: .null)

        func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

        var record: ServeRecord? {
            state.withLock { $0.started }.map {
                ServeRecord(
                    pid: 7, control: "https://127.0.0.1:1", data: "http://127.0.0.1:2",
                    started: Timestamp(milliseconds: $0))
            }
        }

        func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot? {
            state.withLock { state in
                EndpointSnapshot(
                    definition: EndpointDefinition(name: endpoint),
                    deployments: [
                        DeploymentSnapshot(
                            definition: DeploymentDefinition(name: "blue", endpoint: endpoint), state: state.state,
                            instances: .init(wanted: 1, ready: state.ready))
                    ])
            }
        }

        func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError) {}
        func invoke(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) async throws -> InferenceResponse
        {
            InferenceResponse(status: 200, body: "{}", latency: .zero, deployment: deployment)
        }
        func outcomes(of endpoint: Name, since cursor: Int?) async throws(BackendError) -> OutcomeReading {
            OutcomeReading(cursor: 0)
        }
        func logs(of endpoint: Name, deployment: Name, tail: Int) async throws(BackendError) -> [LogLine] { [] }
    }

    private let world = World()
    private var shield: RestartShield { RestartShield(world) { [world] in world.record } }

    private func isUnavailable(_ shield: RestartShield) async -> Bool {
        do throws(BackendError) {
            _ = try await shield.observe("houses")
            return false
        } catch {
            return error.code == .unavailable
        }
    }

    @Test("while it is gone nobody can be asked")
    func gone() async {
        world.set { $0.started = nil }
        let shield = shield
        #expect(await isUnavailable(shield))
        await #expect(throws: BackendError.self) {
            try await shield.invoke("houses", deployment: nil, InferenceRequest(body: "{}"))
        }
    }

    @Test("servers that have not come back yet are no breakdown; once they have, one is")
    func restart() async {
        let shield = shield
        #expect(await !isUnavailable(shield))
        world.set { $0.ready = 0 }
        #expect(await !isUnavailable(shield))
        world.set { $0.started = 2 }
        #expect(await isUnavailable(shield))
        world.set { $0.ready = 1 }
        #expect(await !isUnavailable(shield))
        world.set { $0.ready = 0 }
        #expect(await !isUnavailable(shield))
    }

    @Test("somebody who changes something by hand sees servers that are not up as they are")
    func byHand() async throws {
        world.set { $0.ready = 0 }
        let shield = RestartShield(world, waitsForServers: false) { [world] in world.record }
        #expect(try await shield.observe("houses")?.deployments.first?.instances.ready == 0)
        world.set { $0.started = nil }
        #expect(await isUnavailable(shield))
    }

    @Test("a deployment that has failed is shown at once")
    func failed() async {
        world.set { world in
            world.ready = 0
            world.state = .failed
        }
        #expect(await !isUnavailable(shield))
    }
}
