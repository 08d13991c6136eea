import AzureEndpoints
import FoundationEssentials
import HTTPTransport
import RolloutEngine
import Rollouts
import Synchronization
import Testing

@Suite("Answers of the REST API") struct AnswerTests {
    private func code(of answer: @escaping @Sendable () throws -> BufferedResponse) async -> BackendError? {
        let server = ScriptedServer { exchange in
            exchange.method == .get ? try .json(present) : try answer()
        }
        return await #expect(throws: BackendError.self) {
            try await server.backend().apply(.setTraffic(["blue": 100]), to: endpointName, as: context)
        }
    }

    @Test("refusals have the server's words and code")
    func refused() async throws {
        for status in [400, 401, 403, 405, 422] {
            let error = await code { try .error(status, "BadArgument", "traffic must sum to 100") }
            #expect(error == BackendError(.refused, "traffic must sum to 100 (BadArgument)"))
        }
        let html = await code { BufferedResponse(status: 403, body: Data("<html>".utf8)) }
        #expect(html?.message == "the server returned HTTP status 403")
    }

    @Test(
        "busy says when to ask again, in seconds or by a date, within bounds",
        arguments: [
            (nil, 5), ("3", 3), ("0", 1), ("86400", 300), ("soon", 5), ("Sun, 06 Nov 1994 08:49:37 GMT", 1),
        ] as [(String?, Int64)])
    func busy(retryAfter: String?, seconds: Int64) async throws {
        for status in [409, 429] {
            let error = await code { try .error(status, "Conflict", "it is updating", retryAfter: retryAfter) }
            #expect(error?.code == .busy(retryAfter: .seconds(seconds)))
        }
    }

    @Test("a later epoch fences, a broken server is unavailable")
    func others() async throws {
        let fenced = await code { try .error(412, "Fenced", "epoch 8 was seen") }
        #expect(fenced?.code == .fenced)
        for status in [408, 500, 503] {
            let error = await code { BufferedResponse(status: status) }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("after a lost connection the address is asked for again; where it is the same, nobody is there")
    func relocated() async throws {
        let server = ScriptedServer { exchange in
            guard exchange.url.hasPrefix("https://new/") else {
                throw TransportFailure(.unreachable, "nothing listens")
            }
            return exchange.url.contains("/deployments?")
                ? try .json(ListResponse<DeploymentResource>([])) : try .json(present)
        }
        let moved = AzureBackend(server.client(origins: ["https://old", "https://new"]), flavour: .emulator)
        #expect(try await moved.observe(endpointName)?.traffic == DesiredAndActual(["blue": 100]))

        let gone = AzureBackend(server.client(origins: ["https://old"]), flavour: .emulator)
        let error = await #expect(throws: BackendError.self) { try await gone.observe(endpointName) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("secret-token") == false)
    }

    @Test("lists are read page by page, and a link that leads elsewhere gets no token")
    func pages() async throws {
        let server = ScriptedServer { exchange in
            let link = exchange.url.contains("page=2") ? "https://elsewhere/page=3" : "https://here/x?page=2"
            return try .json(ListResponse([present], nextLink: link))
        }
        #expect(try await server.backend().endpoints().count == 2)
        #expect(server.exchanges.allSatisfy { $0.url.hasPrefix("https://here/") })
    }

    @Test("a failed deployment tells why its last operation failed")
    func failedOperation() async throws {
        let operation = "https://here/operations/1"
        let failed = DeploymentResource(
            name: "blue", sku: SKU(name: "Default", capacity: 1),
            properties: DeploymentProperties(endpointComputeType: "Managed", provisioningState: .failed))
        let server = ScriptedServer { exchange in
            switch exchange.method {
            case .put: return BufferedResponse(status: 201, headers: [("azure-asyncoperation", operation)])
            default: break
            }
            if exchange.url == operation {
                return try .json(
                    OperationStatus(
                        status: "Failed", error: ErrorDetail(code: "OutOfQuota", message: "no cores are left")))
            }
            if exchange.url.contains("/deployments?") { return try .json(ListResponse([failed])) }
            if exchange.url.contains("/deployments/") { return try .error(404, "ResourceNotFound", "no") }
            return try .json(present)
        }
        let backend = server.backend(.cloud)
        let definition = DeploymentDefinition(
            name: "blue", endpoint: endpointName, document: ["name": "blue", "endpoint_name": "houses"])
        try await backend.apply(.putDeployment(definition), to: endpointName, as: context)
        let snapshot = try await backend.observe(endpointName)
        #expect(snapshot?.deployment("blue")?.failure == "deployment blue is Failed: no cores are left (OutOfQuota)")
    }
}

@Suite("Calls to an endpoint") struct CallTests {
    @Test("go to the scoring URI with the key, to a deployment by name; a replaced key is read again")
    func call() async throws {
        let keys = Mutex(["old", "new"])
        let server = ScriptedServer { exchange in
            if exchange.url.contains("listKeys") {
                let key = keys.withLock { $0.removeFirst() }
                return try .json(EndpointKeys(primaryKey: key, secondaryKey: nil))
            }
            if exchange.url == "https://here/score" {
                let key = exchange.headers.first { $0.name == "Authorization" }?.value
                let name = exchange.headers.first { $0.name == "azureml-model-deployment" }?.value
                guard key == "Bearer new" || name == nil else { return BufferedResponse(status: 401) }
                return BufferedResponse(
                    status: 200, headers: [("azureml-model-deployment", name ?? "blue")], body: Data("[1]".utf8))
            }
            return try .json(present)
        }
        let backend = server.backend()
        let first = try await backend.invoke(endpointName, deployment: nil, InferenceRequest(body: "{}"))
        #expect(first.deployment == "blue" && first.status == 200 && first.body == "[1]")
        let second = try await backend.invoke(endpointName, deployment: "green", InferenceRequest(body: "{}"))
        #expect(second.deployment == "green" && second.status == 200)
    }
}
