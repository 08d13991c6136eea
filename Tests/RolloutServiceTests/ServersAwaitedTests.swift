import RolloutEngine
import Rollouts
import Testing

@testable import RolloutService

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
            definition: EndpointDefinition(name: "houses"), traffic: DesiredAndActual(["blue": 90, "green": 10]),
            deployments: [deployment("blue", blue), deployment("green", green)])
    }

    @Test("only those that are asked are waited for")
    func asked() {
        #expect(ServerWait.silent(in: endpoint(blue: 1, green: 0), asked: "blue") == nil)
        #expect(ServerWait.silent(in: endpoint(blue: 1, green: 0), asked: "green")?.name == "green")
        #expect(ServerWait.silent(in: endpoint(blue: 0, green: 1), asked: nil) == nil)
        #expect(ServerWait.silent(in: endpoint(blue: 0, green: 0), asked: nil)?.name == "blue")
    }

    @Test("whose server is away, why, and what to do is said")
    func words() throws {
        let green = try #require(endpoint(blue: 1, green: 0).deployment("green"))
        #expect(
            ServerWait.words(green, after: .seconds(60))
                == "deployment green cannot answer: 0 of 1 servers are up after 1m, ReadinessProbeFailed: "
                + "http://127.0.0.1:9 refuses connections")
    }
}
