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
        var options = PlanOptions.local()
        options.settingsProblem = { _ in SettingsFault(path: ["simulate", "blue", "latency"], message: "is 5") }
        expectFindings(
            "BackendSettings",
            in: "backends: {local: {simulate: {green: {}, blue: {⟦latency⟧: 5}}}}\n" + Sample.start, options,
            saying: "backends.local.simulate.blue.latency is 5")
    }

    @Test("a simulated world has the profiles of the local one, unless it has its own")
    func simulation() {
        let local = "local: {simulate: {blue: {errors: 1%}, green: {}}, incidents: [{at: 5m, for: 1m, errors: 1%}]}"
        let shared = Sample.plan("backends: {\(local), simulated: {seed: 4}}\n" + Sample.start, .local())
        #expect(shared.simulation["seed"] == 4)
        #expect(shared.simulation["simulate"]?["blue"]?["errors"] == "1%")
        #expect(shared.simulation["incidents"] == [["at": "5m", "for": "1m", "errors": "1%"]])
        let own = Sample.plan("backends: {\(local), simulated: {simulate: {}}}\n" + Sample.start)
        #expect(own.simulation["simulate"] == .mapping([:]))
        #expect(own.snapshot?.plan.backendSettings == own.simulation)
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
        let files = [
            "p/files/green.yml": Sample.deployment("green", Self.code), "p/files/onlinescoring/score.py": "",
        ]
        try withDisk(files) { root in
            let outcome = makePlan(of: root + "/p/x.yml", options: .local())
            #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
            let stages = try Array(#require(outcome.snapshot).plan.stages)
            guard case .deploy(let green) = stages[1].action else {
                Issue.record("no deployment")
                return
            }
            #expect(green.folder?.hasSuffix("/p/files") == true)
            #expect(green.folder?.hasPrefix("/") == true)
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
