internal import RolloutEngine
internal import RolloutService
internal import RolloutStatistics
internal import RolloutTesting
internal import Rollouts
internal import SimulatedEndpoints
internal import Testing

@testable import TurnoutCommands

@Suite("Plan previews")
struct PlanPreviewTests {
    private static let stages: [Stage] = [
        Stage(name: "define", action: .define(.sample, deployment: .blue, allTraffic: true)),
        Stage(name: "scale", action: .scale("blue", instanceCount: 2)),
        Stage(name: "deploy-green", action: .deploy(.green), retry: Retry(attempts: 3)),
        Stage(
            name: "isolated-test",
            action: .invoke(
                Invocation(deployment: "green", request: .sample, times: 20, expect: .init(within: .milliseconds(500))))
        ),
        Stage(name: "mirror", action: .mirrorTraffic(["green": 10]), skip: "kubernetes does not mirror traffic"),
        Stage(name: "canary", action: .traffic(["blue": 90, "green": 10]), bake: .minutes(30)),
        Stage(
            name: "cut-over", action: .traffic(["green": 100]),
            approval: Approval(required: 2, instructions: "Look at the canary's evidence")),
        Stage(name: "delete-blue", action: .deleteDeployment("blue"), onFailure: .hold),
    ]

    private static func preview(_ stages: [Stage] = stages, on observed: EndpointSnapshot? = nil) -> PlanPreview {
        let plan = Plan(
            playbook: "safe-rollout", backend: "simulated", endpoint: "houses", stages: StageList(stages))
        return PlanPreview(
            of: plan, on: observed, kind: .managed, durations: Durations())
    }

    @Test("A plan from nothing tells every stage")
    func fromNothing() throws {
        let lines = PlanText(style: .plain, columns: 80).lines(Self.preview())
        try expectSnapshot(lines.joined(separator: "\n"), "plan-from-nothing")
    }

    @Test("Who serves clients now is not replaced, relieved or made smaller without a word")
    func warnings() {
        var green = DeploymentDefinition.green
        green.instanceCount = 3
        var old = green
        old.document = ["model": "old"]
        var live = EndpointSnapshot.blueLive
        live.traffic = DesiredAndActual(["green": 100])
        live.deployments = [DeploymentSnapshot(definition: old)]
        #expect(
            Self.preview(on: live).warnings == [
                "stage define moves the 100 % of clients that green serves now to blue, before any test or approval",
                "stage deploy-green replaces green, which serves 100 % of clients now, with another version",
            ])
        live = .blueLive
        live.deployments[0].definition.instanceCount = 4
        live.deployments[0].instances = .init(wanted: 4, ready: 4)
        #expect(
            Self.preview(on: live).warnings == ["stage define scales blue, which serves clients, from 4 to 1 instance"])
        #expect(Self.preview().warnings.isEmpty)
    }

    @Test("Stages that are done do not warn, and what they have looked at counts")
    func warningsOfFork() {
        func warnings(from first: Int, on live: EndpointSnapshot) -> [String] {
            let plan = Plan(
                playbook: "safe-rollout", backend: "simulated", endpoint: "houses",
                stages: StageList([
                    Stage(name: "define", action: .define(.sample, deployment: .blue, allTraffic: true)),
                    Stage(name: "look", action: .wait(.minutes(1))),
                    Stage(name: "go", action: .traffic(["green": 100])),
                ]))
            return PlanPreview(of: plan, from: first, on: live, kind: .managed, durations: nil).warnings
        }
        var live = EndpointSnapshot.blueLive
        live.deployments[0].definition.instanceCount = 4
        live.deployments[0].instances = .init(wanted: 4, ready: 4)
        live.deployments.append(DeploymentSnapshot(definition: .green))
        #expect(warnings(from: 0, on: live) == ["stage define scales blue, which serves clients, from 4 to 1 instance"])
        #expect(warnings(from: 1, on: live).isEmpty && warnings(from: 2, on: live).isEmpty)
    }

    @Test("What is already so is no change")
    func alreadySo() {
        let preview = Self.preview([Stage(name: "deploy", action: .deploy(.green))], on: .blueLive)
        #expect(preview.stages[0].effects.isEmpty)
        #expect(preview.duration == .zero)
    }

    @Test("Every key of a file that differs is told by its path")
    func changedFile() {
        var green = DeploymentDefinition.green
        green.document = ["name": "green", "model": "azureml:houses:2", "endpoint_name": "houses"]
        let preview = Self.preview([Stage(name: "deploy", action: .deploy(green))], on: .blueLive)
        let effects = preview.stages[0].effects
        #expect(effects.map(\.what) == ["deployment green: instance_type", "deployment green: model"])
        #expect(effects.last?.before == "azureml:houses:1")
        #expect(effects.last?.after == "azureml:houses:2")
    }

    @Test(
        "What serves a deployment is part of it, and told where it changes",
        arguments: [
            (
                ["simulate": ["errors": 1]], ["command": ["./serve.sh", "--fast"]], "serves",
                "simulated (latency profile of the playbook)", "./serve.sh --fast"
            ),
            (
                nil, ["external": "http://127.0.0.1:9000"], "serves", "as defined in its file",
                "http://127.0.0.1:9000"
            ),
            (["simulate": [:]], ["simulate": ["fault": "quota"]], "simulated: fault", "absent", "quota"),
            (["simulate": .null, "incidents": [1]], ["simulate": [:]], "incidents", "[1]", "null"),
        ] as [(Value?, Value?, String, String, String)])
    func serving(before: Value?, after: Value?, what: String, old: String, new: String) {
        var green = DeploymentDefinition.green
        green.serving = after
        var observed = EndpointSnapshot.blueLive
        var present = green
        present.serving = before
        observed.deployments.append(DeploymentSnapshot(definition: present))
        observed.deployments.removeAll { $0.name == "green" && $0.definition != present }
        let effects = Self.preview([Stage(name: "deploy", action: .deploy(green))], on: observed).stages[0].effects
        #expect(effects.map(\.what) == ["deployment green: \(what)"])
        #expect(effects.first?.before == old)
        #expect(effects.first?.after == new)
    }

    @Test("Code that was edited is told by its digests, and nothing else of the deployment")
    func editedCode() {
        var green = DeploymentDefinition.green
        green.contents = LocalContents(code: "0123456789abcdef", model: "the same")
        var observed = EndpointSnapshot.blueLive
        var present = green
        present.contents = LocalContents(code: "fedcba9876543210", model: "the same")
        observed.deployments = observed.deployments.map { deployment in
            var deployment = deployment
            if deployment.name == green.name { deployment.definition = present }
            return deployment
        }
        let effects = Self.preview([Stage(name: "deploy", action: .deploy(green))], on: observed).stages[0].effects
        #expect(effects.map(\.what) == ["deployment green: code"])
        #expect(effects.first?.before == "files fedcba987654")
        #expect(effects.first?.after == "files 0123456789ab")
    }

    @Test("What the backend would refuse is told, and nothing after it in the stage")
    func refusal() {
        let preview = Self.preview([Stage(name: "delete", action: .deleteDeployment("blue"))], on: .blueLive)
        #expect(preview.stages[0].refusal != nil)
        #expect(preview.stages[0].effects.isEmpty)
        #expect(preview.then?.deployment("blue") != nil)
    }

    @Test("A deployment that is deleted with its endpoint is counted")
    func deletions() {
        let preview = Self.preview(
            [Stage(name: "none", action: .traffic(.none)), Stage(name: "delete", action: .deleteEndpoint)],
            on: .blueLive)
        #expect(preview.count(of: .delete) == 3)
        #expect(preview.then == nil)
    }

    @Test("The plan's JSON has every stage, the sums and the token")
    func json() throws {
        let plan = Plan(
            playbook: "safe-rollout", backend: "simulated", endpoint: "houses", stages: StageList(Self.stages))
        let hash = String(repeating: "0123456789abcdef", count: 4)
        let report = PlanReport(Self.preview(), snapshot: PlanSnapshot(plan: plan, hash: hash, contents: [:]))
        try expectSnapshot(try JSONText.pretty(report), "plan-json")
    }
}

/// As long as a simulated endpoint takes.
private struct Durations: ChangeDurations {
    var backend: any Backend { SimulatedBackend(store: MemoryStore(), clock: clock, settings: SimulationSettings()) }
    let clock: any RunClock = SystemClock()
    func endpoints() -> [Name] { [] }
    func scoringURI(of endpoint: Name) -> String? { nil }
    func duration(of change: Change) -> Interval { SimulationSettings().duration(of: change) }
    func close() {}
}
