import Foundation
import RolloutEngine
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("What serves a deployment on this machine")
struct ServerTests {
    private static let code = "code_configuration: {code: onlinescoring, scoring_script: score.py}\n"

    @Test("a deployment that nothing serves is a finding in its file, which names the choices")
    func nothing() {
        let marked = MarkedText("name: ⟦green⟧\nendpoint_name: my-endpoint\ninstance_type: x\n")
        let outcome = Sample.plan(
            "backends: {local: {simulate: {blue: {}}}}\n" + Sample.start, .local(), files: ["green.yml": marked.text])
        #expect(outcome.findings.map(\.rule) == ["ServerIsKnown"])
        #expect(outcome.findings.map { Span(start: $0.start, end: $0.end) } == marked.spans)
        #expect(outcome.findings.first?.help?.contains("simulate, command, external") == true)
        #expect(outcome.snapshot == nil)
    }

    @Test("simulate, command and external name a deployment; code alone is served by its script")
    func choices() {
        let outcome = Sample.plan(
            "backends: {local: {command: {blue: [serve]}}}\n" + Sample.start, .local(),
            files: ["green.yml": Sample.deployment("green", Self.code)])
        #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
        #expect(outcome.snapshot != nil)
    }

    /// What serves green, where the playbook has `settings` of the local backend and green's file has `more`.
    private func server(_ settings: String, _ more: String) -> (definition: DeploymentDefinition?, rules: [String]) {
        let outcome = Sample.plan(
            "backends: {local: {\(settings)}}\n" + Sample.start, .local(),
            files: ["green.yml": Sample.deployment("green", more)])
        return (outcome.snapshot?.plan.stages.last?.action.deployment, outcome.findings.map(\.rule))
    }

    private static let mlflow = "model: {path: ./model, type: mlflow_model}\n"
    private static let routes =
        "environment: {image: mine:1, inference_config: {scoring_route: {path: /score, port: 80}, liveness_route: "
        + "{path: /, port: 80}, readiness_route: {path: /, port: 80}}}\n"

    @Test("a profile does not simulate what brings its own server, unless it replaces that; a command always serves")
    func ownServer() {
        for (file, own, part) in [
            (Self.code, "score.py of onlinescoring", "code"), (Self.mlflow, "MLflow model ./model", "MLflow model"),
        ] {
            let plain = server("simulate: {blue: {}, green: {}}", file)
            #expect(plain.rules.isEmpty)
            #expect(plain.definition?.serving == nil)
            #expect(plain.definition?.server == own)
            let unnamed = server("simulate: {blue: {}}", file)
            #expect(unnamed.rules.isEmpty && unnamed.definition?.server == own)
            let replaced = server("simulate: {blue: {}, green: {replaces_code: true}}", file)
            #expect(replaced.definition?.server == "simulated in place of its \(part) (replaces_code)")
            let command = server("simulate: {blue: {}}, command: {green: [./serve.sh]}", file)
            #expect(command.definition?.server == "./serve.sh")
        }
        let simulated = server("simulate: {blue: {}, green: {}}", "model: azureml:houses:1\n")
        #expect(simulated.definition?.server == "simulated (latency profile of the playbook)")
    }

    @Test("a container with routes needs a server that the playbook names, and says so at its key")
    func container() {
        for settings in ["simulate: {blue: {}}", "simulate: {blue: {}, green: {}}"] {
            let marked = MarkedText(
                Sample.deployment("green", Self.routes).replacing("inference_config", with: "⟦inference_config⟧"))
            let outcome = Sample.plan(
                "backends: {local: {\(settings)}}\n" + Sample.start, .local(), files: ["green.yml": marked.text])
            #expect(outcome.findings.map(\.rule) == ["ServerIsKnown"])
            #expect(outcome.findings.map { Span(start: $0.start, end: $0.end) } == marked.spans)
            #expect(outcome.findings.first?.help?.contains("backends.local.command: {green: [./serve.sh]}") == true)
            #expect(outcome.findings.first?.help?.contains("replaces_code") == settings.contains("green"))
        }
        #expect(server("simulate: {blue: {}}, command: {green: [./serve.sh]}", Self.routes).rules.isEmpty)
        #expect(server("simulate: {blue: {}}, external: {green: \"unix:/x\"}", Self.routes).rules.isEmpty)
        #expect(server("simulate: {blue: {}}", Self.routes + Self.code).rules.isEmpty)
        let replaced = server("simulate: {blue: {}, green: {replaces_code: true}}", Self.routes)
        #expect(replaced.definition?.server == "simulated in place of its container (replaces_code)")
    }

    @Test("registered models of MLflow, and environments with routes, are looked up")
    func registered() {
        func server(_ more: String) -> DeploymentDefinition? {
            var plugin = StubPlugin.local
            plugin.lookup = AssetLookup { _, text in .means(.string(text.replacing("@latest", with: ":1"))) }
            plugin.lookup?.isServer = { $0 == .models && $1 == "azureml:mlflow:1" }
            let outcome = Sample.plan(
                "backends: {local: {simulate: {blue: {}, green: {}}}}\n" + Sample.start, PlanOptions(plugin),
                files: ["green.yml": Sample.deployment("green", more)])
            return outcome.snapshot?.plan.stages.last?.action.deployment
        }
        #expect(server("model: azureml:mlflow@latest\n")?.server == "MLflow model azureml:mlflow:1")
        #expect(server("model: azureml:custom:1\n")?.serving == ["simulate": [:]])
    }

    @Test("other backends show no servers of this machine")
    func noServers() {
        let outcome = Sample.plan(Sample.start, files: ["green.yml": Sample.deployment("green", Self.code)])
        #expect(outcome.snapshot?.plan.stages.last?.action.deployment?.server == nil)
    }

    @Test("a name that is no deployment of the playbook is a finding with the nearest one")
    func unknown() {
        expectFindings(
            "ServerIsKnown",
            in: "backends: {local: {simulate: {blue: {}, green: {}}, external: {⟦gren⟧: \"unix:/x\"}}}\n"
                + Sample.start, .local(), saying: "did you mean 'green'?")
    }

    @Test("other backends ask nothing of the kind")
    func elsewhere() {
        #expect(Sample.plan("backends: {local: {simulate: {red: {}}}}\n" + Sample.start).findings.isEmpty)
    }

    @Test("what is wrong with the settings is shown at its key")
    func settings() {
        var plugin = StubPlugin.local
        plugin.problem = SettingsProblem(path: ["simulate", "blue", "latency"], message: "is 5")
        expectFindings(
            "BackendSettings",
            in: "backends: {local: {simulate: {green: {}, blue: {⟦latency⟧: 5}}}}\n" + Sample.start,
            PlanOptions(plugin),
            saying: "backends.local.simulate.blue.latency is 5")
    }

    @Test("a backend that leaves its servers to another one has what serves from that one's settings")
    func servedByAnother() {
        var servers = StubPlugin.local
        var plugin = StubPlugin.local
        (plugin.name, plugin.server) = ("azure", servers)
        let text =
            "backends: {azure: {workspace: w}, local: {command: {blue: [./serve.sh], green: [./serve.sh]}}}\n"
            + Sample.start
        let plan = Sample.plan(text, PlanOptions(plugin))
        #expect(plan.snapshot?.plan.stages.last?.action.deployment?.serving == ["command": ["./serve.sh"]])
        servers.problem = SettingsProblem(path: ["command", "green"], message: "is wrong")
        plugin.server = servers
        expectFindings(
            "BackendSettings",
            in: "backends: {azure: {workspace: w}, local: {command: {blue: [./serve.sh], ⟦green⟧: [./serve.sh]}}}\n"
                + Sample.start,
            PlanOptions(plugin),
            saying: "backends.local.command.green is wrong")
    }

    /// A playbook on disk in `p/`, whose deployments stand in `p/files/`.
    private func withDisk(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.path + "/turnout-servers-\(UUID())"
        defer {
            do { try FileManager.default.removeItem(atPath: root) } catch { Issue.record("\(root) is left: \(error)") }
        }
        let playbook = Sample.start.replacing("green.yml", with: "files/green.yml")
            .replacing("blue.yml", with: "files/blue.yml")
        var all = ["p/x.yml": "backends: {local: {simulate: {blue: {}}}}\n" + playbook]
        for (name, text) in Sample.files {
            all[["blue.yml", "green.yml"].contains(name) ? "p/files/" + name : "p/" + name] = text
        }
        for (name, text) in all.merging(files, uniquingKeysWith: { $1 }) {
            let path = root + "/" + name
            let folder = URL(filePath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }
        try body(root)
    }

    @Test("a script's files are looked for beside the deployment's file, whose folder the definition keeps")
    func folder() throws {
        let conda = "environment: {image: x, conda_file: conda.yml}\n"
        let files = [
            "p/files/green.yml": Sample.deployment("green", Self.code + conda), "p/files/onlinescoring/score.py": "",
            "p/files/conda.yml": "dependencies: [python=3.12]\n",
        ]
        try withDisk(files) { root in
            let outcome = makePlan(of: root + "/p/x.yml", options: .local())
            #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
            let stages = try Array(#require(outcome.snapshot).plan.stages)
            guard let green = stages[1].action.deployment else {
                Issue.record("no deployment")
                return
            }
            #expect(green.folder?.hasSuffix("/p/files") == true)
            #expect(green.folder?.hasPrefix("/") == true)
            #expect(green.server == "score.py of onlinescoring (Python 3.12, conda)")
            #expect(try JSONDecoder().decode(DeploymentDefinition.self, from: JSONEncoder().encode(green)) == green)
        }
    }

    @Test("what a deployment names may lie anywhere; what is not there is a finding at the key that names it")
    func missing() throws {
        let outside = "code_configuration: {code: ../../code, scoring_script: score.py}\n"
        let files = ["p/files/green.yml": Sample.deployment("green", outside), "code/score.py": ""]
        try withDisk(files) { root in
            let outcome = makePlan(of: root + "/p/x.yml", options: .local())
            #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
        }
        try withDisk(["p/files/green.yml": Sample.deployment("green", Self.code)]) { root in
            let outcome = makePlan(of: root + "/p/x.yml", options: .local())
            let finding = try #require(outcome.findings.first)
            #expect(finding.rule == "FilesAreThere" && finding.message.hasSuffix("/p/files/onlinescoring"))
            #expect(finding.start.line > 1)
        }
    }
}
