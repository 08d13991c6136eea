import Foundation
import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import LocalEndpoints

private typealias Sample = SamplePlaybook

extension PythonMachine {
    /// A machine with Python 3.12, which finds a syntax error in every `onlinescoring/faulty.py`.
    static let sample = PythonMachine(
        program: { _ in nil },
        interpreter: { name in
            name.hasPrefix("python3") ? PythonInterpreter(path: "/bin/\(name)", version: "3.12.1") : nil
        },
        answer: { words in
            words.last?.hasSuffix("/onlinescoring/faulty.py") == true ? "7\nSyntaxError: no\n" : ""
        })
}

@Suite("What this machine has for deployments that Python serves")
struct PythonTests {
    private static let code = "code_configuration: {code: onlinescoring, scoring_script: score.py}\n"
    private static let options = PlanOptions(LocalPlugin(serve: [], machine: .sample))

    private func outcome(_ green: String, serving: String = "blue: {}", python: String = "") -> PlanOutcome {
        Sample.plan(
            "backends: {local: {simulate: {\(serving)}\(python)}}\n" + Sample.start, Self.options,
            files: ["green.yml": Sample.deployment("green", green)])
    }

    @Test("what cannot be had is a finding at the line of a conda file that stands in the deployment's own")
    func inline() {
        let text = Self.code + "environment: {image: x, conda_file: {dependencies: [pip, ⟦python=3.99⟧]}}\n"
        let marked = MarkedText(Sample.deployment("green", text))
        let outcome = Sample.plan(
            "backends: {local: {simulate: {blue: {}}}}\n" + Sample.start, Self.options,
            files: ["green.yml": marked.text])
        #expect(outcome.findings.map(\.rule) == ["PythonIsAvailable"])
        #expect(outcome.findings.map(\.span) == marked.spans)
        #expect(outcome.findings.first?.message.hasPrefix("the conda file requires python=3.99") == true)
        #expect(outcome.snapshot == nil)
    }

    @Test("a warning leaves a plan")
    func warning() {
        let outcome = outcome(
            Self.code + "environment: {image: x, conda_file: {dependencies: [python=3.98]}}\n",
            python: ", python: {version: any}")
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
        let outcome = outcome(Self.code + "environment: azureml:sklearn:1\n")
        #expect(outcome.findings.map(\.rule) == ["AssetsAreRegistered"])
    }

    @Test("what the playbook says of the Python is part of the deployments that it serves, and of no others")
    func choice() throws {
        let outcome = outcome(Self.code, python: ", python: {version: any}")
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
            let finding = try #require(outcome.findings.first { $0.rule == "ScriptCompiles" })
            #expect(finding.message == "./onlinescoring/faulty.py:7: SyntaxError: no")
            #expect(finding.severity == severity && finding.file == root + "/green.yml")
            #expect([finding.span] == marked.spans)
        }
    }

    /// The outcome of a playbook on disk beside these files.
    private func onDisk(_ more: [String: String], _ body: (String, PlanOutcome) throws -> Void) throws {
        try Sample.onDisk(
            "backends: {local: {simulate: {blue: {}}}}\n" + Sample.start, Self.options,
            files: more.merging(["onlinescoring/score.py": ""]) { $1 }, body)
    }

    @Test(
        "a conda file on disk is named with the line in it, and looked for beside the deployment's file",
        arguments: [
            (code + "environment: {image: x, conda_file: environment/conda.yml}\n", "environment/conda.yml"),
            ("model: {path: model}\n", "model/conda.yaml"),
        ])
    func onDisk(green: String, conda: String) throws {
        let text = "name: x\ndependencies:\n  - &python python=3.99  # the latest\n  - pip: [-r packages.txt]\n"
        let files = ["green.yml": Sample.deployment("green", green), conda: text, "model/MLmodel": ""]
        try onDisk(files) { root, outcome in
            #expect(outcome.findings.map(\.file) == [root + "/" + conda, root + "/" + conda])
            #expect(outcome.findings.map(\.start.line) == [3, 4])
            let folder = conda.prefix { $0 != "/" }
            #expect(outcome.findings.last?.message.contains("/\(folder)/packages.txt") == true)
        }
    }
}
