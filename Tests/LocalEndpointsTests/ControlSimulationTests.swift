import AzureEndpoints
import HTTPTypes
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Simulations that other clients ask for", .timeLimit(.minutes(2)))
struct ControlSimulationTests {
    private static let code: Value = ["codeConfiguration": ["codeId": "azureml:c:1", "scoringScript": "score.py"]]

    /// The answer to a deployment with `properties` and a simulation's `profile`.
    private func put(_ properties: Value, profile: String) async throws -> ControlPlaneFixture.Answer {
        var answer: ControlPlaneFixture.Answer?
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                _ = try await fixture.send(.put, "onlineEndpoints/houses", ControlPlaneFixture.endpoint())
                try await fixture.settled("onlineEndpoints/houses")
                for (path, body) in [
                    ("models/mlflow/versions/1", ["modelType": "mlflow_model", "modelUri": "https://x/store/a/b"]),
                    ("models/custom/versions/1", ["modelType": "custom_model", "modelUri": "https://x/store/a/b"]),
                    ("environments/routes/versions/1", ["image": "x", "inferenceConfig": ["scoringRoute": [:]]]),
                    ("environments/bare/versions/1", ["image": "x"]),
                ] as [(String, Value)] {
                    #expect(try await fixture.send(.put, path, ["properties": body]).status == 201)
                }
                guard case .mapping(var members) = properties else { return }
                members["properties"] = ["turnout.dev/instances": .string(#"{"simulate": \#(profile)}"#)]
                answer = try await fixture.send(
                    .put, "onlineEndpoints/houses/deployments/blue", ["properties": .mapping(members)])
            }
        }
        return try #require(answer)
    }

    @Test(
        "a deployment that brings its own server is not simulated",
        arguments: [
            (code, "code"), (["model": "azureml:mlflow:1"], "MLflow model"),
            (["model": "azureml:mlflow@latest", "environmentId": "azureml:bare:1"], "MLflow model"),
            (["model": "azureml:custom:1", "environmentId": "azureml:routes:1"], "container"),
        ] as [(Value, String)])
    func refused(properties: Value, part: String) async throws {
        let answer = try await put(properties, profile: "{}")
        #expect(answer.status == 400 && answer.error.code == "BadArgument", "\(answer.body)")
        #expect(answer.error.message?.contains("its own server (\(part))") == true)
        #expect(answer.error.message?.contains("replaces_code: true") == true)
        let replaced = try await put(properties, profile: #"{"replaces_code": true}"#)
        #expect(replaced.status == 201, "\(replaced.body)")
    }

    @Test("a deployment that brings none is simulated as before")
    func accepted() async throws {
        let properties: Value = ["model": "azureml:custom:1", "environmentId": "azureml:bare:1"]
        #expect(try await put(properties, profile: "{}").status == 201)
    }
}
