import AzureEndpoints
import FoundationEssentials
import HTTPTransport
import RolloutEngine
import RolloutTesting
import Rollouts
import Synchronization
import Testing

@Suite("Writes keep what others set") struct WritingTests {
    private func server(etags: [String] = ["\"1\""], put: @escaping ScriptedServer.Script) -> ScriptedServer {
        let rest = Mutex(etags)
        return ScriptedServer { exchange in
            switch exchange.method {
            case .get where exchange.url.contains("onlineEndpoints/houses?"):
                let etag = rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
                return try .json(present, headers: [("etag", etag)])
            case .get: return try .error(404, "ResourceNotFound", "not there")
            default: return try put(exchange)
            }
        }
    }

    private func sent(_ exchange: HTTPRequest?) throws -> EndpointResource {
        try JSONText.decode(EndpointResource.self, from: try #require(exchange?.body))
    }

    @Test("traffic is changed, and tags, properties, mirror and location stay")
    func traffic() async throws {
        let server = server { _ in BufferedResponse(status: 201) }
        try await server.backend().apply(.setTraffic(["blue": 90, "green": 10]), to: endpointName, as: context)
        let put = try #require(server.writes.first)
        let body = try sent(put)
        #expect(body.properties.traffic == ["blue": 90, "green": 10])
        #expect(body.properties.mirrorTraffic == ["green": 10])
        #expect(body.tags == ["team": "homes"])
        #expect(body.properties.properties == ["others": "kept"])
        #expect(body.location == "westeurope")
        #expect(body.properties.scoringUri == nil && body.properties.provisioningState == nil)
        let headers = Dictionary(put.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        #expect(headers["if-match"] == "\"1\"")
        #expect(headers["turnout-epoch"] == "7" && headers["turnout-key"] == "key-1")
        #expect(headers["authorization"] == "Bearer secret-token")
    }

    @Test("the cloud's refusal to change a deployment that does not come up says how long that will be so")
    func stuck() async throws {
        let clock = ManualClock()
        let properties = #"""
            {"endpointComputeType": "Managed", "provisioningState": "Creating",
             "readinessProbe": {"initialDelay": "PT30S", "period": "PT10S", "failureThreshold": 12, "timeout": "PT2S"}}
            """#
        let begun = clock.now() + .minutes(-10)
        for (modified, words) in [
            (begun.description, "is Creating since \(begun.zoned); until that change ends, Azure accepts no other"),
            (begun.description, "at \((begun + .minutes(30)).zoned) at the latest (in 20m)"),
            ("yesterday", "Its servers have 2m32s to become ready (readiness probe)"),
            ("yesterday", "Azure ends the change at the latest 30m after its start"),
        ] {
            let server = ScriptedServer { exchange in
                guard exchange.method == .get else { return try .error(409, "Conflict", "it is Creating") }
                return HTTPAnswer(
                    status: 200, headers: [],
                    body: Data(
                        #"{"properties": \#(properties), "systemData": {"lastModifiedAt": "\#(modified)"}}"#.utf8))
            }
            let cloud = AzureBackend(server.client(), flavour: .cloud, clock: clock)
            let error = await #expect(throws: BackendError.self) {
                try await cloud.apply(.deleteDeployment("green"), to: endpointName, as: context)
            }
            #expect(error?.message.hasPrefix("it is Creating (Conflict); deployment green ") == true)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            #expect(error?.code == .busy(retryAfter: .seconds(5)))
        }
    }

    @Test("defining an endpoint again takes no traffic and no mirror away")
    func definition() async throws {
        let server = server { _ in BufferedResponse(status: 201) }
        let definition = EndpointDefinition(
            name: endpointName, document: ["name": "houses", "tags": ["owner": "ann"]])
        try await server.backend().apply(.putEndpoint(definition), to: endpointName, as: context)
        let body = try sent(server.writes.first)
        #expect(body.properties.traffic == ["blue": 100])
        #expect(body.properties.mirrorTraffic == ["green": 10])
        #expect(body.tags == ["team": "homes", "owner": "ann"])
    }

    @Test("what somebody else changed in between is read again, not written over; not for ever")
    func meanwhile() async throws {
        let server = server(etags: ["\"1\"", "\"2\""]) { exchange in
            let mark = exchange.headers.first { $0.name == "If-Match" }?.value
            return mark == "\"2\"" ? BufferedResponse(status: 201) : try .error(412, "PreconditionFailed", "changed")
        }
        try await server.backend().apply(.setTraffic(["blue": 100]), to: endpointName, as: context)
        #expect(server.writes.count == 2)

        let never = self.server { _ in try .error(412, "PreconditionFailed", "changed") }
        let error = await #expect(throws: BackendError.self) {
            try await never.backend().apply(.setTraffic(["blue": 100]), to: endpointName, as: context)
        }
        #expect(error?.code == .busy(retryAfter: .seconds(1)))
        #expect(never.writes.count == 5)
    }

    @Test("what is not there is refused in the rules' words, and deleted without a word")
    func missing() async throws {
        let nothing = ScriptedServer { _ in try .error(404, "ResourceNotFound", "not there") }
        let error = await #expect(throws: BackendError.self) {
            try await nothing.backend().apply(.setTraffic(["blue": 100]), to: endpointName, as: context)
        }
        #expect(error?.code == .refused)
        #expect(nothing.writes.isEmpty)
        try await nothing.backend().apply(.deleteDeployment("blue"), to: endpointName, as: context)
    }

    @Test("on the cloud, files whose content the plan does not know are refused with what to do")
    func registeredOnly() async throws {
        let definition = DeploymentDefinition(
            name: "blue", endpoint: endpointName,
            document: ["name": "blue", "endpoint_name": "houses", "model": ["path": "../model"]])
        let error = await #expect(throws: BackendError.self) {
            try await self.server { _ in BufferedResponse(status: 201) }.backend(.cloud)
                .apply(.putDeployment(definition), to: endpointName, as: context)
        }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("make a new plan") == true)
    }
}
