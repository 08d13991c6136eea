import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import Support
import Testing

@testable import PlaybookSyntax

@Suite("Paths")
struct PathTests {
    /// A folder with these files, by their paths; those that end with `!` are executable.
    private func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let manager = FileManager.default
        let made = manager.temporaryDirectory.appending(path: "paths-\(UInt64.random(in: 0 ... .max))")
        try manager.createDirectory(at: made, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try manager.removeItem(at: made) } }
        let root = try #require(DiskFile.resolved(made.path))
        for (name, text) in files {
            let path = root + "/" + name.filter { $0 != "!" }
            try manager.createDirectory(atPath: path.parentFolder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
            if name.hasSuffix("!") { try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
        }
        try body(root)
    }

    private static let files = [
        "p/x.yml": """
        name: x
        endpoint: my-endpoint
        inputs: {file: {type: path, default: green.yml}}
        stages:
          - {name: deploy, deploy: {deployment_file: "${{ inputs.file }}"}}

        """,
        "p/green.yml": Sample.deployment("green"), "work/mine.yml": Sample.deployment("mine"),
        "work/green.yml": Sample.deployment("other"),
    ]

    private func deployed(_ root: String, _ typed: String) -> (name: String?, outcome: PlanOutcome) {
        var options = PlanOptions.managed(["file": .text(typed)])
        options.inputFolders = ["file": root + "/work"]
        let outcome = makePlan(of: root + "/p/x.yml", options: options)
        guard let definition = outcome.snapshot?.plan.stages.first?.action.deployment else { return (nil, outcome) }
        return (definition.name.text, outcome)
    }

    @Test(
        "a typed path is relative to the working folder, else to the playbook's; the plan keeps how the playbook sees it"
    )
    func typed() throws {
        try withFiles(Self.files) { root in
            for text in ["mine.yml", "../work/mine.yml", root + "/work/mine.yml"] {
                let (name, outcome) = deployed(root, text)
                #expect(name == "mine" && outcome.findings.isEmpty, "\(text): \(outcome.findings)")
                #expect(outcome.snapshot?.plan.inputs["file"] == "../work/mine.yml")
            }
            let both = deployed(root, "green.yml")
            #expect(both.name == "other" && both.outcome.findings.map(\.severity) == [.warning])
            #expect(both.outcome.findings.first?.help?.contains("../work/green.yml") == true)
            #expect(deployed(root, "../p/green.yml").outcome.snapshot?.plan.inputs["file"] == "green.yml")
            let missing = deployed(root, "no.yml").outcome.findings
            #expect(missing.first?.help == "looked at \(root)/work/no.yml and at \(root)/p/no.yml")
        }
        try withFiles(Self.files.filter { $0.key != "work/green.yml" }) { root in
            #expect(deployed(root, "green.yml").name == "green")
        }
    }

    @Test("what the playbook itself names must lie in its folder; an earlier plan's paths were typed")
    func outside() throws {
        try withFiles(Self.files) { root in
            var options = PlanOptions.managed(["file": .value("../work/mine.yml")])
            let refused = makePlan(of: root + "/p/x.yml", options: options)
            #expect(refused.findings.first?.help?.contains("--allow-outside-paths") == true)
            options.userPaths = ["../work/mine.yml"]
            #expect(makePlan(of: root + "/p/x.yml", options: options).findings.isEmpty)
        }
    }

    @Test("a program is looked for in the playbook's folder or in PATH, and must be executable")
    func programs() throws {
        let lines = [
            "ci/smoke.sh", "sh", "/bin/sh", "⟦ci/no.sh⟧", "⟦no-such-program⟧", "⟦ci/plain.sh⟧", "⟦./ci⟧",
            "⟦../work/other.sh⟧",
        ].enumerated().map { "  - {name: s\($0), run: {command: [\($1)]}}\n" }
        let marked = MarkedText("name: x\nstages:\n" + lines.joined())
        let files = [
            "p/x.yml": marked.text, "p/ci/smoke.sh!": "", "p/ci/plain.sh": "", "work/other.sh!": "",
        ]
        try withFiles(files) { root in
            let findings = makePlan(of: root + "/p/x.yml", options: .managed()).findings
            #expect(findings.map(\.span) == marked.spans, "\(findings)")
            #expect(findings.allSatisfy { $0.rule == "Program" })
            let words = ["\(root)/p/ci/no.sh", "looked in ", "chmod +x", "", "--allow-outside-paths"]
            for (finding, word) in zip(findings, words) where !word.isEmpty {
                #expect(finding.help?.contains(word) == true, "\(finding)")
            }
        }
    }

    @Test("a program is about the deployment that it names, else about the one that was deployed last")
    func programDeployment() throws {
        let stages = try Sample.stages(
            Sample.start + """
                  - {name: a, run: {command: [tell]}}
                  - {name: b, run: {command: [tell], deployment: blue}}

                """)
        #expect(stages[2].action == .run(Command(words: ["tell"], deployment: "green")))
        #expect(stages[3].action == .run(Command(words: ["tell"], deployment: "blue")))
        expectFindings(
            "CreatedBeforeUse", in: Sample.start + "  - {name: a, run: {command: [tell], deployment: ⟦gren⟧}}\n")
    }
}
