import FoundationEssentials
import RolloutEngine
import RolloutStatistics
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Playbooks that come with Turnout")
struct StockPlaybookTests {
    static let names = [
        "safe-rollout", "scored-rollout", "kubernetes-rollout", "progressive-canary", "blue-green", "roll-back",
        "tear-down", "next-rollout",
    ]

    /// What a playbook needs that has no default.
    static func inputs(_ name: String) -> [String: InputText] {
        name == "next-rollout" ? ["file": .text("samples/article/managed/sample/blue-deployment.yml")] : [:]
    }

    /// The folder of playbooks, three levels above this file.
    static let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Playbooks/"

    @Test("they have no findings", arguments: names)
    func planCleanly(name: String) throws {
        for var options in [PlanOptions.managed(), .kubernetes(), .local()] {
            options.inputs = Self.inputs(name)
            let outcome = makePlan(of: Self.folder + name + ".yml", options: options)
            #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
            let snapshot = try #require(outcome.snapshot)
            #expect(snapshot.plan.playbook == name)
            #expect(snapshot.plan.endpoint == "my-endpoint")
            #expect(Set(snapshot.contents.keys) == Set(snapshot.plan.files.map(\.path)))
        }
    }

    @Test("a plan made of a snapshot's contents is the same plan", arguments: names)
    func stored(name: String) throws {
        let path = Self.folder + name + ".yml"
        let snapshot = try #require(makePlan(of: path, options: .managed(Self.inputs(name))).snapshot)
        let again = makePlan(of: path, options: .managed(Self.inputs(name)), files: .stored(snapshot.contents))
        #expect(again.snapshot?.hash == snapshot.hash)
    }

    @Test("the safe rollout has the eight stages of the design")
    func safeRollout() throws {
        let outcome = makePlan(of: Self.folder + "safe-rollout.yml", options: .managed(["canary": .text("20")]))
        let plan = try #require(outcome.snapshot).plan
        #expect(
            plan.stages.map(\.name) == [
                "define", "scale", "deploy-green", "isolated-test", "mirror", "canary", "cut-over", "delete-blue",
            ])
        #expect(
            plan.stages.map { $0.analysis?.metrics.map(\.name) ?? [] } == [
                [], [], [], [], ["errors", "latency", "disagreement"], ["errors", "latency"], ["errors"], [],
            ])
        #expect(plan.stages[5].action == .traffic(["blue": 80, "green": 20]))
        #expect(plan.stages[6].approval == Approval(required: 1, instructions: "Look at the canary's evidence"))
        #expect(plan.stages[7].action == .deleteDeployment("blue"))
        #expect(plan.stages.allSatisfy { $0.skip == nil })
        #expect(plan.inputs["canary"] == 20)
        #expect(plan.inputs["green_file"] == "samples/green-deployment.yml")
        #expect(plan.load?.rate == 500)
        #expect(plan.backendSettings["seed"] == 1)
        #expect(
            plan.files.map(\.path).dropFirst() == [
                "samples/endpoint.yml", "samples/sample-request.json", "samples/blue-deployment.yml",
                "samples/green-deployment.yml",
            ])
    }

    @Test("on Kubernetes the mirror is skipped, and says why")
    func skipped() throws {
        let outcome = makePlan(of: Self.folder + "kubernetes-rollout.yml", options: .kubernetes())
        let plan = try #require(outcome.snapshot).plan
        #expect(plan.stages.compactMap(\.skip) == ["kubernetes does not mirror traffic"])
        #expect(plan.stages.filter { $0.analysis != nil }.map(\.name) == ["mirror", "canary", "cut-over"])
        var options = PlanOptions.kubernetes()
        options.backend = StubPlugin(
            name: "simulated",
            capabilities: Capabilities(
                name: "kubernetes", kind: .kubernetes, mirrorLimit: nil, simulatesClients: false, reportsOutcomes: false
            ))
        let unmeasured = makePlan(of: Self.folder + "kubernetes-rollout.yml", options: options)
        #expect(unmeasured.findings.isEmpty)
        let stages = try #require(unmeasured.snapshot).plan.stages
        #expect(
            stages.filter { $0.analysisSkip == "kubernetes does not report outcomes of requests" }.map(\.name)
                == ["canary", "cut-over"])
        #expect(stages.filter { $0.bake > .zero }.map(\.name) == ["canary", "cut-over"])
        #expect(stages.count == 8)
    }

    @Test("summaries name inputs and stages", arguments: names)
    func summaries(name: String) throws {
        let summary = try PlaybookSource(path: Self.folder + name + ".yml").summary
        #expect(summary.name == name)
        #expect(summary.description != nil)
        #expect(!summary.inputs.isEmpty && !summary.stages.isEmpty && summary.isReadable)
    }
}
