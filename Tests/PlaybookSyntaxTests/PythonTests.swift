import Foundation
import RolloutEngine
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("What this machine has for deployments that Python serves")
struct PythonTests {
    private static let code = "code_configuration: {code: onlinescoring, scoring_script: score.py}\n"

    /// Options with a machine that lacks the entry `python=3.99`, and warns of `python=3.98`.
    private func options(_ choice: Value? = nil) -> PlanOptions {
        var plugin = StubPlugin.local
        plugin.python =
            PythonLookup(
                choice: choice,
                problems: { conda, folder in
                    let entries = conda["dependencies"].flatMap { value -> [Value]? in
                        if case .list(let items) = value { items } else { nil }
                    }
                    return (entries ?? []).compactMap { $0.string }.compactMap { entry in
                        switch entry {
                        case "python=3.99":
                            .init(.error, "wants \(entry)", help: "in \(folder ?? "no folder")", entry: entry)
                        case "python=3.98": .init(.warning, "another than \(entry)", help: nil, entry: entry)
                        default: nil
                        }
                    }
                },
                syntax: { script, conda in
                    guard script.hasSuffix("/onlinescoring/faulty.py") else { return nil }
                    return .init(
                        severity: conda == nil ? .warning : .error, line: 7, message: "SyntaxError: no", help: nil)
                })
        return PlanOptions(plugin)
    }

    private func outcome(_ green: String, serving: String = "blue: {}", choice: Value? = nil) -> PlanOutcome {
        Sample.plan(
            "backends: {local: {simulate: {\(serving)}}}\n" + Sample.start, options(choice),
            files: ["green.yml": Sample.deployment("green", green)])
    }

    @Test("what cannot be had is a finding at the line of a conda file that stands in the deployment's own")
    func inline() {
        let text = Self.code + "environment: {image: x, conda_file: {dependencies: [numpy, ⟦python=3.99⟧]}}\n"
        let marked = MarkedText(Sample.deployment("green", text))
        let outcome = Sample.plan(
            "backends: {local: {simulate: {blue: {}}}}\n" + Sample.start, options(), files: ["green.yml": marked.text])
        #expect(outcome.findings.map(\.rule) == ["PythonIsAvailable"])
        #expect(outcome.findings.map { Span(start: $0.start, end: $0.end) } == marked.spans)
        #expect(outcome.findings.first?.help == "in no folder")
        #expect(outcome.snapshot == nil)
    }

    @Test("a warning leaves a plan")
    func warning() {
        let outcome = outcome(Self.code + "environment: {image: x, conda_file: {dependencies: [python=3.98]}}\n")
        #expect(outcome.findings.map(\.severity) == [.warning])
        #expect(outcome.snapshot != nil)
    }

    @Test("a deployment that something else serves needs no Python")
    func servedOtherwise() {
        let green = Self.code + "environment: {image: x, conda_file: {dependencies: [python=3.99]}}\n"
        #expect(outcome(green, serving: "blue: {replaces_code: true}, green: {replaces_code: true}").findings.isEmpty)
    }

    @Test("a registered environment is not looked at")
    func registered() {
        #expect(outcome(Self.code + "environment: azureml:sklearn:1\n").findings.isEmpty)
    }

    @Test("what the playbook says of the Python is part of the deployments that it serves, and of no others")
    func choice() throws {
        let outcome = outcome(Self.code, choice: ["version": "any"])
        let stages = try Array(#require(outcome.snapshot).plan.stages)
        guard let green = stages[1].action.deployment else {
            Issue.record("no deployment")
            return
        }
        #expect(green.python == ["version": "any"])
        let kept = try JSONDecoder().decode(DeploymentDefinition.self, from: JSONEncoder().encode(green))
        #expect(kept == green)
    }

    @Test(
        "a script that does not compile is a finding at its key, with its own line",
        arguments: [
            ("environment: {image: x}\n", Finding.Severity.error), ("environment: azureml:sklearn:1\n", .warning),
        ])
    func syntax(environment: String, severity: Finding.Severity) throws {
        let green = "code_configuration: {code: ./onlinescoring, scoring_script: ⟦faulty.py⟧}\n" + environment
        let marked = MarkedText(Sample.deployment("green", green))
        try onDisk(["green.yml": marked.text, "onlinescoring/faulty.py": ""]) { root, outcome in
            #expect(outcome.findings.map(\.rule) == ["ScriptCompiles"])
            let finding = try #require(outcome.findings.first)
            #expect(finding.message == "./onlinescoring/faulty.py:7: SyntaxError: no")
            #expect(finding.severity == severity && finding.file == root + "/green.yml")
            #expect([Span(start: finding.start, end: finding.end)] == marked.spans)
        }
    }

    @Test("a home folder in a path is not expanded, as by Azure's loader, and a finding says so")
    func home() throws {
        let green = "code_configuration: {code: ⟦~/code⟧, scoring_script: score.py}\nenvironment: {image: x}\n"
        let marked = MarkedText(Sample.deployment("green", green))
        try onDisk(["green.yml": marked.text]) { root, outcome in
            #expect(outcome.findings.map(\.rule) == ["FilesAreThere"])
            let finding = try #require(outcome.findings.first)
            #expect(finding.message.contains(root + "/~/code"))
            #expect(finding.help?.hasPrefix("`~` is not expanded") == true)
            #expect([Span(start: finding.start, end: finding.end)] == marked.spans)
        }
        let typed = Sample.plan(
            "name: x\nendpoint: my-endpoint\nstages:\n  - {name: t, invoke: {request_file: ~/r.json}}\n", options())
        #expect(typed.findings.map(\.help).first??.hasPrefix("`~` is not expanded") == true)
    }

    /// The outcome of a playbook on disk beside these files.
    private func onDisk(_ more: [String: String], _ body: (String, PlanOutcome) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.path + "/turnout-python-\(UUID())"
        defer {
            do { try FileManager.default.removeItem(atPath: root) } catch { Issue.record("\(root) is left: \(error)") }
        }
        var files = Sample.files
        files["onlinescoring/score.py"] = ""
        files["x.yml"] = "backends: {local: {simulate: {blue: {}}}}\n" + Sample.start
        for (name, text) in files.merging(more, uniquingKeysWith: { $1 }) {
            let place = URL(filePath: root + "/" + name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: place)
        }
        try body(root, makePlan(of: root + "/x.yml", options: options()))
    }

    @Test(
        "a conda file on disk is named with the line in it, and looked for beside the deployment's file",
        arguments: [
            (code + "environment: {image: x, conda_file: environment/conda.yml}\n", "environment/conda.yml"),
            ("model: {path: model, type: mlflow_model}\n", "model/conda.yaml"),
        ])
    func onDisk(green: String, conda: String) throws {
        let marked = MarkedText("name: x\ndependencies:\n  - &python ⟦python=3.99⟧  # the latest\n")
        try onDisk(["green.yml": Sample.deployment("green", green), conda: marked.text]) { root, outcome in
            let finding = try #require(outcome.findings.first)
            #expect(outcome.findings.count == 1)
            #expect(finding.file == root + "/" + conda)
            #expect(finding.start.line == 3)
            #expect(finding.help?.hasSuffix("/" + conda.prefix { $0 != "/" }) == true)
        }
    }
}
