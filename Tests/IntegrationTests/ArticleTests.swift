import Foundation
import Testing

@testable import LocalEndpoints

/// The article's files, two folders below the models that they name by `../../`, in the three ways that there are.
@Suite("The article's files", .integration, .serialized, .timeLimit(.minutes(12)))
struct ArticleTests {
    @Test("end in the same resources by turnout run, by --backend azure, and by the Azure SDK")
    func threeWays() async throws {
        let python = try await AzureSDK.python()
        try await TurnoutHome.with(backend: "local") { home in
            try home.shareEnvironments()
            let server = try home.start(["serve"])
            defer { server.signal(SIGTERM) }
            let local = LocalFolder(state: home.path + "/state")
            try await eventually("turnout serve listens") { try ServeRecord.read(local) != nil }
            let record = try #require(try ServeRecord.read(local))
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "azure_sdk_files.py").path
            let state = home.path + "/state"
            let folder = home.path + "/Playbooks/samples/article/managed/sample"

            // How much evidence a busy machine gives is another test's question.
            let playbook = try home.read("Playbooks/scored-rollout.yml")
                .replacing("${{ backend.metrics }}", with: "${{ backend.name == 'none' }}")
            try home.write(playbook, to: "Playbooks/scored-rollout.yml")
            let common = ["run", "scored-rollout", "--approve", "all", "--input", "bake_for=1s"]
            let byRun = try home.run(common + ["--endpoint", "by-run"], within: 300)
            #expect(byRun.status == 0, "\(byRun.output)\(byRun.errors)")

            var cloud = home
            cloud.variables["AZUREML_DEV_URL_MFE"] = record.control
            cloud.variables["REQUESTS_CA_BUNDLE"] = state + "/local/ca.pem"
            cloud.variables["AZURE_ACCESS_TOKEN"] = try home.read("state/local/token").trimmingCharacters(
                in: .whitespacesAndNewlines)
            let workspace = [
                "--backend", "azure", "--subscription", "00000000-0000-0000-0000-000000000000", "-g", "local", "-w",
                "turnout",
            ]
            let byAzure = try cloud.run(common + ["--endpoint", "by-azure"] + workspace, within: 300)
            #expect(byAzure.status == 0, "\(byAzure.output)\(byAzure.errors)")

            let bySDK = try await Programs.run(
                python, [script, record.control, state, "roll-out", folder, "by-sdk"])
            #expect(bySDK.status == 0, "\(bySDK.output)")

            var shown: [String: String] = [:]
            for endpoint in ["by-run", "by-azure", "by-sdk"] {
                let answer = try home.run(
                    "endpoint", "invoke", endpoint, "--request",
                    home.path + "/Playbooks/samples/article/model-2/sample-request.json")
                #expect(answer.output.contains("[12127.81, 14839.13]"), "\(answer.output)\(answer.errors)")
                let end = try await Programs.run(python, [script, record.control, state, "show", endpoint])
                try #require(end.status == 0, "\(end.output)")
                shown[endpoint] = end.output
            }
            #expect(
                shown["by-sdk"]?.contains("/deployments/green/") == true
                    && shown["by-sdk"]?.contains("/deployments/blue/") == false)
            let expected = lines(shown["by-sdk"])
            for way in ["by-run", "by-azure"] {
                let found = lines(shown[way])
                #expect(found.subtracting(expected).sorted() == [], "\(way) has what the SDK's has not")
                #expect(expected.subtracting(found).sorted() == [], "\(way) has not what the SDK's has")
            }
        }
    }

    private func lines(_ text: String?) -> Set<String> { Set((text ?? "").split(separator: "\n").map(String.init)) }
}
