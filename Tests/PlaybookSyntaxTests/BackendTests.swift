import Foundation
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("What a backend makes of a playbook")
struct BackendTests {
    private static let local = StubPlugin(name: "local", capabilities: .managed, takesFiles: true)

    @Test("a backend completes deployments and reports at places of their files, of the playbook and of its settings")
    func own() throws {
        var plugin = StubPlugin(name: "fifth", capabilities: .managed)
        plugin.complete = { deployment in
            deployment.definition.serving = deployment.context.settings["simulate"]
            guard let colour = deployment.document["tags"]?["colour"] else { return }
            deployment.report("ColourIsKnown", .warning, at: colour.place, "\(colour.text ?? "") is no colour")
        }
        plugin.check = { playbook in
            let names = playbook.deployments.map(\.text)
            return playbook.stages.compactMap { $0.place(ofKey: "deploy") }.map {
                Finding(.warning, "Late", at: $0, "\(names) \(playbook.isComplete)")
            }
                + (playbook.context.written?.members ?? []).map { Finding(.warning, "Early", at: $0.place, $0.key) }
        }
        let start = SamplePlaybook.start.replacing("name: deploy, deploy", with: "name: deploy, ⟦deploy⟧")
        let playbook = MarkedText("backends: {fifth: {⟦simulate⟧: fast}}\n" + start)
        let green = MarkedText(Sample.deployment("green", "tags: {colour: ⟦loud⟧}\n"))
        let outcome = Sample.plan(playbook.text, PlanOptions(plugin), files: ["green.yml": green.text])
        #expect(outcome.findings.map(\.rule) == ["Early", "Late", "ColourIsKnown"])
        #expect(outcome.findings.map(\.span) == playbook.spans + green.spans)
        #expect(outcome.findings.map(\.message) == ["simulate", #"["blue", "green"] true"#, "loud is no colour"])
        let plan = try #require(outcome.snapshot).plan
        #expect(plan.stages.last?.action.deployment?.serving == "fast")
    }

    @Test("what is wrong with the settings is shown at its key")
    func problem() {
        var plugin = Self.local
        plugin.problem = SettingsProblem(path: ["simulate", "blue", "latency"], message: "is 5")
        expectFindings(
            "BackendSettings",
            in: "backends: {local: {simulate: {green: {}, blue: {⟦latency⟧: 5}}}}\n" + Sample.start,
            PlanOptions(plugin), saying: "backends.local.simulate.blue.latency is 5")
    }

    @Test("what a plan keeps of the settings is what the command line makes of them")
    func settings() throws {
        var plugin = Self.local
        plugin.settle = { value in value.setting("namespace", to: "models") }
        let playbook = "backends: {local: {image: \"y:2\"}}\n"
        let plan = try #require(Sample.plan(playbook + Sample.start, PlanOptions(plugin)).snapshot).plan
        #expect(plan.backendSettings == ["namespace": "models", "image": "y:2"])
    }

    @Test("a home folder in a path is not expanded, as by Azure's loader, and a finding says so")
    func home() throws {
        let green = "code_configuration: {code: ⟦~/code⟧, scoring_script: score.py}\nenvironment: {image: x}\n"
        let marked = MarkedText(Sample.deployment("green", green))
        try Sample.onDisk(Sample.start, PlanOptions(Self.local), files: ["green.yml": marked.text]) { root, outcome in
            #expect(outcome.findings.map(\.rule) == ["FilesAreThere"])
            let finding = try #require(outcome.findings.first)
            #expect(finding.message.contains(root + "/~/code"))
            #expect(finding.help?.hasPrefix("`~` is not expanded") == true)
            #expect([finding.span] == marked.spans)
        }
        let typed = Sample.plan(
            "name: x\nendpoint: my-endpoint\nstages:\n  - {name: t, invoke: {request_file: ~/r.json}}\n")
        #expect(typed.findings.map(\.help).first??.hasPrefix("`~` is not expanded") == true)
    }
}
