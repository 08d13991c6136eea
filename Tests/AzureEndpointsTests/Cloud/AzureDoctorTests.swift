import AzureEndpoints
import FoundationEssentials
import HTTPTransport
import RolloutEngine
import Rollouts
import Testing

@Suite("The doctor of azure")
struct AzureDoctorTests {
    private static let names = [
        "AZURE_SUBSCRIPTION_ID": "sub", "AZURE_RESOURCE_GROUP": "models", "AZURE_ML_WORKSPACE": "production",
        "AZURE_CONFIG_DIR": "/no/folder",
    ]
    private let absent = AzureCommand { _ in throw BackendError(.refused, "the program 'az' is not installed") }

    private func look(
        _ environment: [String: String], az: AzureCommand? = nil, _ script: @escaping ScriptedServer.Script
    ) async -> (found: [Diagnosis], server: ScriptedServer) {
        let server = ScriptedServer(script)
        let doctor = AzureDoctor(
            CloudWorkspace(), environment: environment, asking: az ?? absent, opening: { server.backend(.cloud) })
        return (await doctor.look(), server)
    }

    @Test("with names and a token, the workspace is asked for its place, and nothing is written or told")
    func well() async throws {
        let environment = Self.names.merging([CloudToken.variable: "swordfish"]) { $1 }
        let (found, server) = await look(environment) { _ in
            BufferedResponse(status: 200, headers: [], body: Data(#"{"location": "westeurope"}"#.utf8))
        }
        #expect(found.map(\.level) == Array(repeating: .ok, count: 4))
        #expect(found.last?.finding == "the workspace responds, in region westeurope")
        #expect(found[1].finding == "the workspace is production in resource group models, subscription sub")
        #expect(server.exchanges.count == 1 && server.writes.isEmpty)
        #expect(!found.contains { $0.finding.contains("swordfish") })
    }

    @Test("what is missing is said with what to do, and the workspace is not asked without it")
    func missing() async throws {
        let (found, server) = await look(["AZURE_CONFIG_DIR": "/no/folder"]) { _ in
            BufferedResponse(status: 500, headers: [])
        }
        #expect(found.map(\.level) == [.ok, .error, .error])
        #expect(found[1].finding.contains("no Azure resource group is set; use --resource-group"))
        #expect(found[2].finding.contains("sign in with `az login`"))
        #expect(server.exchanges.isEmpty)
    }

    @Test("a workspace that does not let the person in is an error in the server's words, as is a wrong address")
    func refused() async throws {
        let environment = Self.names.merging([CloudToken.variable: "swordfish"]) { $1 }
        let (found, _) = await look(environment) { _ in
            try .error(403, "AuthorizationFailed", "The client may not read the workspace")
        }
        #expect(found.last?.level == .error)
        #expect(found.last?.finding.contains("The client may not read the workspace (AuthorizationFailed)") == true)
        let address = environment.merging([AzureBackend.originVariable: "http://here"]) { $1 }
        let (unsafe, server) = await look(address) { _ in BufferedResponse(status: 200, headers: []) }
        #expect(unsafe.first?.level == .error && server.exchanges.isEmpty)
    }
}
