import AzureEndpoints
import Foundation
import HTTPTransport
import Testing

@testable import LocalEndpoints

/// `--backend azure` as it speaks to the cloud, with nothing of Turnout's own, to the emulator in the cloud's place:
/// registered code, Python servers, and none of the members that only the emulator understands.
@Suite("The backend azure, against the emulator", .integration, .serialized, .timeLimit(.minutes(10)))
struct AzureBackendTests {
    private static let playbook = """
        name: cloud-rollout
        stages:
          - name: define
            define: {endpoint_file: endpoint.yml, deployment_file: blue.yml, all_traffic: true}
          - name: deploy-green
            deploy: {deployment_file: green.yml}
          - name: test
            invoke: {deployment: green, request_file: request.json, times: 3, expect: {status: 200, json: "green"}}
          - name: mirror
            when: "${{ backend.mirroring }}"
            mirror_traffic: {green: 10}
          - name: canary
            traffic: {blue: 90, green: 10}
          - name: cut-over
            approval: {required: 1}
            traffic: {green: 100}
          - name: delete-blue
            delete: {deployment: blue}
        """
    private static let flags = ["--backend", "azure", "--subscription", "sub-1", "-g", "group-1", "-w", "workspace-1"]

    @Test("a whole rollout of registered assets, by flags, and resumed without them")
    func rollout() async throws {
        try await with { home, cloud in
            let run = try home.run(["run", "cloud-rollout"] + Self.flags, in: cloud)
            #expect(run.status == 11, "\(run.output)\(run.errors)")
            // The run keeps the workspace; the environment names another one now.
            let elsewhere = cloud.merging(["AZURE_ML_WORKSPACE": "another"]) { $1 }
            let ended = try home.run(["approve", "--resume"], in: elsewhere)
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            let shown = try home.run(["endpoint", "show", "--json"] + Self.flags, in: cloud)
            #expect(shown.status == 0 && shown.output.contains("\"green\""), "\(shown.output)\(shown.errors)")
            let invoked = try home.run(["endpoint", "invoke", "--data", "{}"] + Self.flags, in: cloud)
            #expect(invoked.status == 0 && invoked.output.contains("green"), "\(invoked.output)\(invoked.errors)")
            // As the emulator saw it.
            let history = try home.run("endpoint", "history", "--json")
            #expect(history.output.contains("delete deployment blue"))
        }
    }

    @Test("what is missing or wrong is refused before anything is done, and says what to do")
    func refusals() async throws {
        try await TurnoutHome.with(backend: "azure") { home throws in
            try Self.files(home)
            func refused(_ words: [String], _ environment: [String: String], says text: String) throws {
                let ended = try home.run(
                    words, in: environment.merging(["PATH": "/nowhere", "HOME": home.path]) { $1 })
                #expect(ended.status != 0 && ended.errors.contains(text), "\(ended.output)\(ended.errors)")
            }
            try refused(["endpoint", "list"], [:], says: "no Azure resource group is set; use --resource-group")
            try refused(["endpoint", "list", "-g", "g"], [:], says: "use --workspace-name or AZURE_ML_WORKSPACE")
            try refused(["endpoint", "list", "-g", "g", "-w", "w"], [:], says: "use --subscription")
            try refused(["endpoint", "list", "-g", ""], [:], says: "--resource-group is empty")
            try refused(
                ["endpoint", "list", "--backend", "local", "-w", "w"], [:],
                says: "--workspace-name requires --backend azure")
            try refused(
                ["endpoint", "list"] + Self.flags, [AzureBackend.originVariable: "http://127.0.0.1:1"],
                says: "https://HOST")
            try refused(
                ["endpoint", "list"] + Self.flags, [AzureBackend.originVariable: "https://127.0.0.1:1"],
                says: "sign in with `az login`, or set AZURE_ACCESS_TOKEN")
        }
    }

    /// A home whose playbook deploys registered code, and the environment that leads `--backend azure` to its emulator.
    private func with(_ body: (TurnoutHome, [String: String]) async throws -> Void) async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try Self.files(home)
            let folder = LocalFolder(state: home.path + "/state")
            try home.shareEnvironments()
            let serve = try home.serve()
            do {
                let record = try #require(try ServeRecord.read(folder))
                let token = try String(contentsOfFile: folder.token, encoding: .utf8).filter { !$0.isWhitespace }
                try await Self.register(at: record.control, token, trusting: folder.certificate)
                try await body(home, try home.cloud())
            } catch {
                Issue.record(error)
            }
            serve.signal(SIGTERM)
            #expect(try serve.wait().status == 0)
        }
    }

    private static func files(_ home: TurnoutHome) throws {
        try home.write(playbook, to: "Playbooks/cloud-rollout.yml")
        try home.write("name: cloud-endpoint\nauth_mode: key\n", to: "Playbooks/endpoint.yml")
        try home.write("{}", to: "Playbooks/request.json")
        for name in ["blue", "green"] {
            try home.write(
                """
                name: \(name)
                endpoint_name: cloud-endpoint
                instance_type: Standard_DS3_v2
                environment: azureml:bare:1
                code_configuration: {code: "azureml:\(name)-code:1", scoring_script: score.py}
                readiness_probe: {initial_delay: 1, period: 1}
                """, to: "Playbooks/\(name).yml")
        }
    }

    /// Registers an environment, and each deployment's code, as Azure's SDK does.
    private static func register(at origin: String, _ token: String, trusting certificate: String) async throws {
        let transport = try NetworkTransport.trusting(.file(certificate))
        let base =
            origin + "/subscriptions/sub-1/resourceGroups/group-1/providers/Microsoft.MachineLearningServices"
            + "/workspaces/workspace-1"
        func send(_ method: HTTPRequest.Method, _ url: String, _ body: String, signed: Bool = false) async throws
            -> Data
        {
            let headers = signed ? [] : [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")]
            let answer = try await transport.exchange(
                HTTPRequest(method, url, headers: headers.map { (name: $0.0, value: $0.1) }, body: Data(body.utf8)))
            try #require((200...201).contains(answer.status), "\(url): \(String(decoding: answer.body, as: UTF8.self))")
            return answer.body
        }
        _ = try await send(.put, base + "/environments/bare/versions/1", #"{"properties": {"image": "x"}}"#)
        for name in ["blue", "green"] {
            let version = base + "/codes/\(name)-code/versions/1"
            let upload = try JSONSerialization.jsonObject(
                with: try await send(.post, version + "/startPendingUpload", "{}"))
            let reference = (upload as? [String: Any])?["blobReferenceForConsumption"] as? [String: Any]
            let address = try #require(reference?["blobUri"] as? String)
            let signed = try #require((reference?["credential"] as? [String: Any])?["sasUri"] as? String)
            let query = signed.dropFirst(address.count)
            let script = "def init(): pass\ndef run(raw): return '\(name)'\n"
            _ = try await send(.put, "\(address)/code/score.py\(query)", script, signed: true)
            _ = try await send(.put, version, #"{"properties": {"codeUri": "\#(address)/code"}}"#)
        }
        await transport.close()
    }
}

extension TurnoutHome {
    /// Variables that lead `--backend azure` to the emulator that serves the home.
    func cloud() throws -> [String: String] {
        let folder = LocalFolder(state: path + "/state")
        let record = try #require(try ServeRecord.read(folder))
        let token = try String(contentsOfFile: folder.token, encoding: .utf8).filter { !$0.isWhitespace }
        return [
            AzureBackend.originVariable: record.control, "REQUESTS_CA_BUNDLE": folder.certificate,
            "AZURE_ACCESS_TOKEN": token,
        ]
    }
}
