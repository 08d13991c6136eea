import Foundation
import KubernetesEndpoints
import PlaybookSyntax
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

private typealias Sample = SamplePlaybook

@Suite("What can be brought to a cluster")
struct ClusterTests {
    private static let options = PlanOptions(KubernetesPlugin())
    private static let gateway =
        "backends: {kubernetes: {gateway: {name: edge}, instance_types: {Standard_DS3_v2: {}}}}\n"
    private static let image = "environment: {image: \"x:1\"}\n"

    /// Findings of green's file, which has `text` with the places marked; blue has an image.
    private func findings(
        _ text: String, playbook: String = ClusterTests.gateway, severity: Finding.Severity = .error,
        saying words: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let marked = MarkedText("name: green\nendpoint_name: my-endpoint\ninstance_type: Standard_DS3_v2\n" + text)
        let outcome = Sample.plan(
            playbook + Sample.start, Self.options,
            files: ["green.yml": marked.text, "blue.yml": Sample.deployment("blue", Self.image)])
        let found = outcome.findings.map { $0.rendered(color: false) }.joined(separator: "\n")
        #expect(outcome.findings.map(\.rule) == ["FitsIntoCluster"], "\(found)", sourceLocation: sourceLocation)
        #expect(outcome.findings.map(\.severity) == [severity], sourceLocation: sourceLocation)
        #expect(
            outcome.findings.map(\.span) == marked.spans, "\(found)",
            sourceLocation: sourceLocation)
        #expect(found.contains(words), "\(found)", sourceLocation: sourceLocation)
    }

    @Test(
        "what has no image is a finding at its place",
        arguments: [
            ("environment: ⟦azureml:env:1⟧\n", "is an environment in Azure"),
            ("environment: {⟦conda_file⟧: conda.yml}\n", "a conda file is not enough"),
            ("environment: {⟦build⟧: {path: docker}}\n", "images are not built in a cluster"),
        ])
    func images(text: String, words: String) { findings(text, saying: words) }

    @Test("an autoscaler keeps its own counts: another one is a warning, and the plan asks for the nearest")
    func autoscaler() throws {
        let scaling = "scale_settings: {type: target_utilization, min_instances: 3, max_instances: 5}\n"
        findings(Self.image + scaling + "instance_count: ⟦1⟧\n", severity: .warning, saying: "the run uses 3")
        findings(Self.image + scaling + "instance_count: ⟦9⟧\n", severity: .warning, saying: "instance count at 3 to 5")
        // Azure's own default of the largest number is 1.
        findings(
            Self.image + "scale_settings: {type: target_utilization}\ninstance_count: ⟦3⟧\n", severity: .warning,
            saying: "the autoscaler keeps the instance count at 1 and would change 3")
        let outcome = Sample.plan(
            Self.gateway + Sample.start, Self.options,
            files: [
                "green.yml": Sample.deployment("green", Self.image + scaling),
                "blue.yml": Sample.deployment("blue", Self.image),
            ])
        let counts = try #require(outcome.snapshot).plan.stages.compactMap(\.action.deployment?.instanceCount)
        #expect(counts == [1, 3])
    }

    @Test("an image of a deployment that no stage makes is a finding with the name that was meant")
    func imageNames() {
        let outcome = Sample.plan(
            "backends: {kubernetes: {gateway: {name: edge}, instance_types: {Standard_DS3_v2: {}}, "
                + "image: {blue: a, gren: b}}}\n" + Sample.start,
            Self.options,
            files: ["green.yml": Sample.deployment("green", Self.image), "blue.yml": Sample.deployment("blue")])
        let found = outcome.findings.map { $0.rendered(color: false) }.joined(separator: "\n")
        #expect(outcome.findings.count == 1 && found.contains("did you mean 'green'?"), "\(found)")
    }

    @Test("a role's deployment may have an image in a plan that does not make it")
    func rolesImages() {
        var options = Self.options
        options.roles = .kept(Roles(live: "blue", candidate: "green"))
        let playbook = MarkedText(
            "backends: {kubernetes: {instance_types: {Standard_DS3_v2: {}}, image: {blue: a, green: b, ⟦teal⟧: c}}}\n"
                + Sample.bare + "  - {name: deploy, deploy: {deployment_file: green.yml, name: \"${{ candidate }}\"}}\n"
        )
        let outcome = Sample.plan(playbook.text, options)
        #expect(outcome.findings.map(\.rule) == ["FitsIntoCluster"], "\(outcome.findings)")
        #expect(outcome.findings.map(\.span) == playbook.spans)
    }

    @Test("a local model is a finding, and what is registered a warning")
    func models() {
        findings(Self.image + "model: {path: ⟦../model⟧}\n", saying: "a local model cannot be brought to a cluster")
        findings(Self.image + "model: ⟦azureml:houses:1⟧\n", severity: .warning, saying: "is not fetched in a cluster")
        findings(
            "environment: {image: \"x:1\", ⟦conda_file⟧: conda.yml}\n", severity: .warning,
            saying: "the image must contain them")
    }

    @Test("an instance type that the playbook does not say is a finding; Azure's default needs none")
    func types() {
        let outcome = Sample.plan(
            Self.gateway + Sample.start, Self.options,
            files: [
                "blue.yml": "name: blue\nendpoint_name: my-endpoint\ninstance_type: defaultinstancetype\n" + Self.image,
                "green.yml": "name: green\nendpoint_name: my-endpoint\ninstance_type: gpu\n" + Self.image,
            ])
        #expect(outcome.findings.map(\.rule) == ["FitsIntoCluster"])
        #expect(outcome.findings.first?.message.contains("'gpu'") == true)
    }

    @Test("the playbook's image takes the place of a file's")
    func given() {
        let playbook =
            "backends: {kubernetes: {image: \"y:2\", gateway: {name: edge}, instance_types: {Standard_DS3_v2: {}}}}\n"
        let outcome = Sample.plan(playbook + Sample.start, Self.options)
        #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
    }

    @Test("an endpoint is defined behind a gateway")
    func gateway() {
        let start = Sample.start.replacingOccurrences(of: "define: {e", with: "⟦define⟧: {e")
        expectFindings(
            "FitsIntoCluster",
            in: "backends: {kubernetes: {image: \"y:2\", instance_types: {Standard_DS3_v2: {}}}}\n" + start,
            Self.options, saying: "no gateway is set")
    }

    @Test("a stage's own count of instances is kept to the autoscaler's, too")
    func stageCount() throws {
        let scaling = "scale_settings: {type: target_utilization, min_instances: 3, max_instances: 5}\n"
        let playbook = Sample.start.replacing(
            "deploy: {deployment_file: green.yml}", with: "deploy: {deployment_file: green.yml, instance_count: 9}")
        let outcome = Sample.plan(
            Self.gateway + playbook, Self.options,
            files: [
                "green.yml": Sample.deployment("green", Self.image + scaling),
                "blue.yml": Sample.deployment("blue", Self.image),
            ])
        let green = try #require(outcome.snapshot).plan.stages.last?.action.deployment
        #expect(green?.instanceCount == 5)
    }

    @Test("what a stage sets in place of the file's is a finding in the playbook")
    func overridden() {
        let marked = MarkedText(
            Self.gateway
                + Sample.start.replacing("green.yml", with: "green.yml, set: {model: ⟦./model⟧}"))
        let outcome = Sample.plan(
            marked.text, Self.options,
            files: [
                "green.yml": Sample.deployment("green", Self.image),
                "blue.yml": Sample.deployment("blue", Self.image),
            ])
        #expect(outcome.findings.map(\.file) == ["x.yml"])
        #expect(outcome.findings.map(\.span) == marked.spans)
    }

    @Test("a folder of code is brought along, up to 1 MiB; what it is counts for the plan")
    func code() throws {
        func digest(_ files: [String: String], _ rules: [String]) throws -> Value? {
            var digest: Value?
            let code = "code_configuration: {code: ./src, scoring_script: score.py}\n"
            let deployments = [
                "green.yml": Sample.deployment("green", Self.image + code),
                "blue.yml": Sample.deployment("blue", Self.image),
            ]
            try Sample.onDisk(
                Self.gateway + Sample.start, Self.options, files: deployments.merging(files) { $1 }
            ) { _, outcome in
                #expect(outcome.findings.map(\.rule) == rules)
                let green = outcome.snapshot?.plan.stages.last?.action.deployment
                digest = green?.document["code_configuration"]?["sha256"]
                #expect((green?.folder == nil) == (digest == nil))
            }
            return digest
        }
        let first = try #require(try digest(["src/score.py": "1"], []))
        #expect(try digest(["src/score.py": "2"], []) != first)
        #expect(try digest(["src/other.py": ""], ["FitsIntoCluster"]) == nil)
        let large = String(repeating: "x", count: 1 << 20)
        #expect(try digest(["src/score.py": large], ["FitsIntoCluster"]) == nil)
        #expect(try digest([:], ["FitsIntoCluster"]) == nil)
    }
}
