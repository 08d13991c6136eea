import LocalEndpoints
import RolloutEngine
import Rollouts
import Synchronization
import Testing

@testable import TurnoutCommands

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
        let capabilities = LocalWorld.capabilities(of: .managed, settings: .null)

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

@Suite("Who is to answer a request by hand")
struct ServersAwaitedTests {
    private func endpoint(blue: Int, green: Int) -> EndpointSnapshot {
        func deployment(_ name: Name, _ ready: Int) -> DeploymentSnapshot {
            DeploymentSnapshot(
                definition: DeploymentDefinition(name: name, endpoint: "houses"),
                instances: .init(wanted: 1, ready: ready),
                reason: ready == 0 ? "ReadinessProbeFailed: http://127.0.0.1:9 refuses connections" : nil)
        }
        return EndpointSnapshot(
            definition: EndpointDefinition(name: "houses"), traffic: Wanted(["blue": 90, "green": 10]),
            deployments: [deployment("blue", blue), deployment("green", green)])
    }

    @Test("only those that are asked are waited for")
    func asked() {
        #expect(ServersAwaited.silent(in: endpoint(blue: 1, green: 0), asked: "blue") == nil)
        #expect(ServersAwaited.silent(in: endpoint(blue: 1, green: 0), asked: "green")?.name == "green")
        #expect(ServersAwaited.silent(in: endpoint(blue: 0, green: 1), asked: nil) == nil)
        #expect(ServersAwaited.silent(in: endpoint(blue: 0, green: 0), asked: nil)?.name == "blue")
    }

    @Test("whose server is away, why, and what to do is said")
    func words() throws {
        let green = try #require(endpoint(blue: 1, green: 0).deployment("green"))
        #expect(
            ServersAwaited.words(green, of: "houses", after: .seconds(60)).hasPrefix(
                """
                deployment green cannot answer: 0 of 1 servers are up after 1m, ReadinessProbeFailed: \
                http://127.0.0.1:9 refuses connections
                `turnout endpoint logs houses --deployment green` shows
                """))
    }
}
