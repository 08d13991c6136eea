import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Roles")
struct RoleTests {
    private static func endpoint(_ traffic: Traffic, mirror: Traffic = .none, _ names: Name...) -> EndpointSnapshot {
        EndpointSnapshot(
            definition: EndpointDefinition(name: "my-endpoint"), traffic: DesiredAndActual(traffic),
            mirrorTraffic: DesiredAndActual(mirror),
            deployments: names.map {
                DeploymentSnapshot(definition: DeploymentDefinition(name: $0, endpoint: "my-endpoint"))
            })
    }

    @Test(
        "most live traffic is live, and the candidate is the file's name or the other colour",
        arguments: [
            (nil, nil, nil, "blue"), (nil, "v7", nil, "v7"), (endpoint(.none), "green", nil, "green"),
            (endpoint(["blue": 100], "blue"), "blue", "blue", "green"),
            (endpoint(["blue": 100], "blue"), "BLUE", "blue", "green"),
            (endpoint(["green": 100], "green"), "green", "green", "blue"),
            (endpoint(["green": 100], "green"), "v7", "green", "v7"),
            (endpoint(["v6": 100], "v6"), "v6", "v6", "green"),
            (endpoint(["fraud-blue": 100], "fraud-blue"), "fraud-blue", "fraud-blue", "fraud-green"),
            (endpoint(["blue": 90, "green": 10], "blue", "green"), "blue", "blue", "green"),
            (endpoint(["blue": 10, "green": 90], "blue", "green"), nil, "green", "blue"),
            (endpoint(["blue": 50, "green": 50], "blue", "green"), "blue", "green", "blue"),
            (endpoint(["blue": 50, "green": 50], "blue", "green"), nil, "blue", "green"),
        ] as [(EndpointSnapshot?, String?, String?, String)])
    func resolution(endpoint: EndpointSnapshot?, file: String?, live: String?, candidate: String) {
        let roles = Roles(on: endpoint, deploysCandidate: true, newName: file.map { Name($0) })
        #expect(roles == Roles(live: live.map { Name($0) }, candidate: Name(candidate)))
    }

    @Test(
        "without a new deployment, the candidate is the one beside the live one",
        arguments: [
            (endpoint(["v6": 100], "v6", "v7"), "v7"), (endpoint(["blue": 100], "blue"), "green"),
            (endpoint(["a1a": 90, "c1c": 10], "a1a", "b1b", "c1c"), "c1c"),
            (endpoint(["a1a": 100], mirror: ["b1b": 10], "a1a", "b1b", "c1c"), "b1b"),
        ] as [(EndpointSnapshot, Name)])
    func beside(endpoint: EndpointSnapshot, candidate: Name) {
        #expect(Roles(on: endpoint, deploysCandidate: false).candidate == candidate)
    }

    private static let playbook = """
        name: x
        stages:
          - {name: define, when: "${{ live == '' }}", define: {endpoint_file: endpoint.yml}}
          - {name: deploy, deploy: {deployment_file: blue.yml, name: "${{ candidate }}"}}
          - {name: test, invoke: {deployment: "${{ candidate }}", request_file: request.json}}
          - {name: first, when: "${{ live == '' }}", traffic: {"${{ candidate }}": 100}}
          - {name: canary, when: "${{ live != '' }}", traffic: {"${{ live }}": 90, "${{ candidate }}": 10}, for: 1m}
          - {name: all, when: "${{ live != '' }}", traffic: {"${{ candidate }}": 100}}
          - {name: delete, when: "${{ live != '' }}", delete: {deployment: "${{ live }}"}}
          - {name: tell, run: {command: [tell, "${{ live }}"]}}

        """

    private func plan(_ roles: RoleSource, of playbook: String = playbook) -> PlanOutcome {
        var options = PlanOptions.managed()
        options.roles = roles
        return Sample.plan(playbook, options)
    }

    @Test("a name that cannot be given is reported once, in the file that says it", arguments: ["Blue_1", "b"])
    func invalidName(name: String) {
        for roles in [RoleSource.assumed(.first), .assumed(.later), .observed(nil)] {
            var options = PlanOptions.managed()
            options.roles = roles
            let marked = MarkedText("name: ⟦\(name)⟧\nendpoint_name: my-endpoint\ninstance_type: x\n")
            let outcome = Sample.plan(Self.playbook, options, files: ["blue.yml": marked.text])
            #expect(outcome.findings.map(\.rule) == ["ValidNames"])
            #expect(outcome.findings.map(\.file) == ["blue.yml"])
            #expect(outcome.findings.map(\.span) == marked.spans)
        }
    }

    @Test("one playbook is the first rollout and the next one")
    func firstAndLater() throws {
        let first = plan(.observed(nil))
        #expect(first.findings.isEmpty, "\(first.findings.map { $0.rendered(color: false) })")
        var stages = try #require(first.snapshot).plan.stages
        #expect(first.roles == Roles(live: nil, candidate: "blue"))
        #expect(stages.filter { $0.skip == nil }.map(\.name) == ["define", "deploy", "test", "first", "tell"])
        #expect(stages.filter { $0.skip != nil }.map(\.skip) == Array(repeating: "nothing is live yet", count: 3))
        #expect(stages.last?.action == .run(Command(words: ["tell", ""], deployment: "blue")))

        let later = plan(.observed(Self.endpoint(["blue": 100], "blue")))
        #expect(later.findings.isEmpty, "\(later.findings.map { $0.rendered(color: false) })")
        let snapshot = try #require(later.snapshot)
        stages = snapshot.plan.stages
        #expect(snapshot.plan.roles == Roles(live: "blue", candidate: "green"))
        #expect(
            stages.filter { $0.skip == nil }.map(\.name) == ["deploy", "test", "canary", "all", "delete", "tell"])
        #expect(stages.first?.skip == "'blue' is live")
        guard let deployment = stages[1].action.deployment else {
            Issue.record("the second stage does not deploy")
            return
        }
        #expect(deployment.name == "green" && deployment.document["name"] == "green")
        #expect(stages[4].action == .traffic(["blue": 90, "green": 10]))
        #expect(stages[6].action == .deleteDeployment("blue"))
        #expect(snapshot.hash != first.snapshot?.hash)
        let kept = plan(.kept(Roles(live: "blue", candidate: "green")))
        #expect(kept.snapshot?.hash == snapshot.hash)
    }

    @Test("a check assumes a first and a later rollout, where the playbook can meet both")
    func situations() {
        #expect(plan(.assumed(.later)).situations == [.first, .later])
        #expect(plan(.assumed(.first)).findings.isEmpty)
        #expect(plan(.assumed(.later)).findings.isEmpty)
        let promotion = Sample.bare + "  - {name: a, traffic: {\"${{ candidate }}\": 100}, approval: {}}\n"
        #expect(plan(.assumed(.later), of: promotion).situations == [.later])
        #expect(Sample.plan(Sample.start).situations.isEmpty && Sample.plan(Sample.start).roles == nil)
    }

    @Test("a stage that needs a live deployment where there is none is marked, unless it is skipped")
    func nothingLive() {
        var options = PlanOptions.managed()
        options.roles = .observed(Self.endpoint(.none))
        for action in [
            "traffic: {⟦\"${{ live }}\"⟧: 90, blue: 10}", "delete: {deployment: ⟦\"${{ live }}\"⟧}",
            "scale: {deployment: ⟦\"${{ live }}\"⟧, instance_count: 2}", "mirror_traffic: {⟦\"${{ live }}\"⟧: 10}",
        ] {
            expectFindings("NothingLive", in: Sample.bare + "  - {name: a, \(action)}\n", options)
        }
        expectFindings(
            in: Sample.bare + "  - {name: a, when: \"${{ live != '' }}\", delete: {deployment: \"${{ live }}\"}}\n",
            options)
    }

    @Test("rules know who is live")
    func rules() {
        var options = PlanOptions.managed()
        options.roles = .observed(Self.endpoint(["blue": 100], "blue"))
        expectFindings(
            "CutOverHasGate",
            in: Sample.bare + """
                  - {name: a, deploy: {deployment_file: blue.yml, name: "${{ candidate }}"}}
                  - {name: b, traffic: {⟦"${{ candidate }}"⟧: 100}}

                """, options)
        expectFindings(
            "NoDeleteWithTraffic", in: Sample.bare + "  - {name: a, delete: {deployment: ⟦\"${{ live }}\"⟧}}\n", options
        )
        expectFindings(
            "CreatedBeforeUse",
            in: Sample.bare + "  - {name: a, scale: {deployment: ⟦\"${{ candidate }}\"⟧, instance_count: 2}}\n", options
        )
        options.roles = .observed(Self.endpoint(["blue": 90, "green": 10], "blue", "green"))
        expectFindings(
            "CandidateIsIdle",
            in: Sample.bare + "  - {name: a, deploy: {deployment_file: green.yml, name: ⟦\"${{ candidate }}\"⟧}}\n",
            options,
            saying: "10 % of the clients")
    }

    @Test("an endpoint cannot be named by its roles")
    func endpointName() {
        expectFindings(
            "Expression", in: "name: x\nendpoint: \"${{ ⟦live⟧ }}-ep\"\nstages:\n  - {name: a, wait: {for: 1s}}\n")
    }

    @Test("the first rollout and a later one are proved", arguments: [nil, "green"] as [String?])
    func proof(live: String?) throws {
        let folder = StockPlaybookTests.folder
        var options = PlanOptions.managed(["file": .text("samples/article/managed/sample/blue-deployment.yml")])
        options.roles = live.map { .kept(Roles(live: Name($0), candidate: Name($0).otherColour)) } ?? .assumed(.first)
        let outcome = makePlan(of: folder + "next-rollout.yml", options: options)
        #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
        let report = ExhaustiveCheck(plan: try #require(outcome.snapshot).plan, kind: .managed).run()
        #expect(report.refutation == nil && report.isComplete, "\(String(describing: report.refutation))")
    }
}
