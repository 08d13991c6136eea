import AzureEndpoints
import Foundation
import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@testable import LocalEndpoints

private typealias Sample = SamplePlaybook

@Suite("What serves a deployment on this machine")
struct ServerTests {
    private static let plugin = LocalPlugin(serve: [], machine: .sample)
    private static let options = PlanOptions(plugin)
    private static let code = "code_configuration: {code: onlinescoring, scoring_script: score.py}\n"

    @Test("a deployment that nothing serves is a finding in its file, which names the choices")
    func nothing() {
        let marked = MarkedText("name: ⟦green⟧\nendpoint_name: my-endpoint\ninstance_type: x\n")
        let outcome = Sample.plan(
            "backends: {local: {simulate: {blue: {}}}}\n" + Sample.start, Self.options,
            files: ["green.yml": marked.text])
        #expect(outcome.findings.map(\.rule) == ["ServerIsKnown"])
        #expect(outcome.findings.map(\.span) == marked.spans)
        #expect(outcome.findings.first?.help?.contains("simulate, command, external") == true)
        #expect(outcome.snapshot == nil)
    }

    @Test("simulate, command and external name a deployment; code alone is served by its script")
    func choices() {
        let outcome = Sample.plan(
            "backends: {local: {command: {blue: [serve]}}}\n" + Sample.start, Self.options,
            files: ["green.yml": Sample.deployment("green", Self.code)])
        #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
        #expect(outcome.snapshot != nil)
    }

    /// What serves green, where the playbook has `settings` of the local backend and green's file has `more`.
    private func server(_ settings: String, _ more: String) -> (definition: DeploymentDefinition?, rules: [String]) {
        let outcome = Sample.plan(
            "backends: {local: {\(settings)}}\n" + Sample.start, Self.options,
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
                "backends: {local: {\(settings)}}\n" + Sample.start, Self.options, files: ["green.yml": marked.text])
            #expect(outcome.findings.map(\.rule) == ["ServerIsKnown"])
            #expect(outcome.findings.map(\.span) == marked.spans)
            #expect(outcome.findings.first?.help?.contains("backends.local.command: {green: [./serve.sh]}") == true)
            #expect(outcome.findings.first?.help?.contains("replaces_code") == settings.contains("green"))
        }
        #expect(server("simulate: {blue: {}}, command: {green: [./serve.sh]}", Self.routes).rules.isEmpty)
        #expect(server("simulate: {blue: {}}, external: {green: \"unix:/x\"}", Self.routes).rules.isEmpty)
        #expect(server("simulate: {blue: {}}", Self.routes + Self.code).rules.isEmpty)
        let replaced = server("simulate: {blue: {}, green: {replaces_code: true}}", Self.routes)
        #expect(replaced.definition?.server == "simulated in place of its container (replaces_code)")
    }

    @Test("other backends show no servers of this machine")
    func noServers() {
        let outcome = Sample.plan(
            Sample.start, PlanOptions(SimulatedPlugin()), files: ["green.yml": Sample.deployment("green", Self.code)])
        #expect(outcome.snapshot?.plan.stages.last?.action.deployment?.server == nil)
    }

    @Test("a name that is no deployment of the playbook is a finding with the nearest one")
    func unknown() {
        expectFindings(
            "ServerIsKnown",
            in: "backends: {local: {simulate: {blue: {}, green: {}}, external: {⟦gren⟧: \"unix:/x\"}}}\n"
                + Sample.start, Self.options, saying: "did you mean 'green'?")
    }

    @Test("other backends ask nothing of the kind")
    func elsewhere() {
        let text = "backends: {local: {simulate: {red: {}}}}\n" + Sample.start
        #expect(Sample.plan(text, PlanOptions(SimulatedPlugin())).findings.isEmpty)
    }

    @Test("a backend that leaves its servers to this one has what serves from this one's settings")
    func servedForAnother() {
        let azure = AzurePlugin(
            emulator: Self.plugin, environment: ["AZUREML_DEV_URL_MFE": "https://127.0.0.1:1"])
        let options = PlanOptions(
            backend: azure, among: [azure, Self.plugin], runID: RunID(playbook: "x", number: 1))
        func text(_ local: String) -> String {
            "backends: {azure: {workspace: w}, local: {\(local)}}\n" + Sample.start
        }
        let plan = Sample.plan(text("command: {blue: [./serve.sh], green: [./serve.sh]}"), options)
        #expect(plan.snapshot?.plan.stages.last?.action.deployment?.serving == ["command": ["./serve.sh"]])
        expectFindings(
            "BackendSettings", in: text("python: {⟦program⟧: /x, provider: conda}"), options,
            saying: "backends.local.python.program names a Python")
        // Which servers there are, the other backend may know by itself.
        #expect(Sample.plan(text("simulate: {red: {}}"), options).findings.isEmpty)
    }

    /// The plan of a playbook on disk whose deployments stand in `files/`.
    private func onDisk(_ files: [String: String], _ body: (String, PlanOutcome) throws -> Void) throws {
        let playbook = Sample.start.replacing("green.yml", with: "files/green.yml")
            .replacing("blue.yml", with: "files/blue.yml")
        try Sample.onDisk(
            "backends: {local: {simulate: {blue: {}}}}\n" + playbook, Self.options,
            files: files.merging(["files/blue.yml": Sample.deployment("blue")]) { $1 }, body)
    }

    @Test("a script's files are looked for beside the deployment's file, whose folder the definition keeps")
    func folder() throws {
        let conda = "environment: {image: x, conda_file: conda.yml}\n"
        let files = [
            "files/green.yml": Sample.deployment("green", Self.code + conda),
            "files/onlinescoring/score.py": "", "files/conda.yml": "dependencies: [python=3.12]\n",
        ]
        try onDisk(files) { root, outcome in
            #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
            let stages = try Array(#require(outcome.snapshot).plan.stages)
            let green = try #require(stages[1].action.deployment)
            #expect(green.folder?.hasSuffix("/files") == true)
            #expect(green.folder?.hasPrefix("/") == true)
            #expect(green.server == "score.py of onlinescoring (Python 3.12, conda)")
            #expect(try JSONDecoder().decode(DeploymentDefinition.self, from: JSONEncoder().encode(green)) == green)
        }
    }

    @Test("what a deployment names may lie anywhere; what is not there is a finding at the key that names it")
    func missing() throws {
        let outside = "code_configuration: {code: ../code, scoring_script: score.py}\n"
        let files = ["files/green.yml": Sample.deployment("green", outside), "code/score.py": ""]
        try onDisk(files) { _, outcome in
            #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
        }
        try onDisk(["files/green.yml": Sample.deployment("green", Self.code)]) { _, outcome in
            let finding = try #require(outcome.findings.first)
            #expect(finding.rule == "FilesAreThere" && finding.message.hasSuffix("/files/onlinescoring"))
            #expect(finding.start.line > 1)
        }
    }

    @Test("a program that is not there is a finding where the playbook names it")
    func program() throws {
        let marked = MarkedText("backends: {local: {command: {blue: [sh], ⟦green⟧: [./none]}}}\n" + Sample.start)
        try Sample.onDisk(marked.text, Self.options) { _, outcome in
            #expect(outcome.findings.map(\.rule) == ["FilesAreThere"])
            #expect(outcome.findings.map(\.span) == marked.spans)
        }
    }

    @Test("a folder that MLflow has not written is no model of MLflow")
    func foreignModel() throws {
        let marked = MarkedText(Sample.deployment("green", Self.mlflow.replacing("model:", with: "⟦model⟧:")))
        try onDisk(["files/green.yml": marked.text, "files/model/model.pkl": ""]) { _, outcome in
            #expect(outcome.findings.map(\.rule) == ["ServerIsKnown"])
            #expect(outcome.findings.map(\.span) == marked.spans)
        }
    }
}
