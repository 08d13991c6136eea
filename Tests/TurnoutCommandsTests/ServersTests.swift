import LocalEndpoints
import AzureEndpoints
import RolloutEngine
internal import RolloutService
import RolloutTesting
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("What serves deployments is shown")
struct ServersTests {
    private static func definition(_ name: Name, _ serving: Value?, _ own: OwnServer? = nil) -> DeploymentDefinition {
        var definition = DeploymentDefinition.sample(name)
        definition.serving = serving
        definition.ownServer = own
        return definition
    }

    private static let script = OwnServer.script(name: "score.py", code: "./code", environment: "Python 3.12, conda")
    private static let blue = definition("blue", nil, script)
    private static let green = definition("green", ["simulate": ["replaces_code": true]], script)

    /// Blue is there, and green is deployed beside it.
    private static let endpoint = EndpointSnapshot.sample(
        traffic: ["blue": 100], deployments: [.init(definition: blue)])
    private static let plan = Plan(
        playbook: "demo", backend: "local", endpoint: "houses",
        stages: [
            Stage(name: "deploy", action: .deploy(green)),
            Stage(name: "deploy-red", action: .deploy(definition("red", ["command": ["./serve.sh"]])), skip: "no"),
        ])
    private static let lines = [
        "Servers:", "  green: simulated in place of its code (replaces_code)",
        "  blue: score.py of ./code (Python 3.12, conda)",
    ]

    private static let servers = Servers(of: plan, on: endpoint)

    @Test("the local backend starts servers, whoever asks what it can do, and the cloud does not")
    func capabilities() {
        let declared = LocalPlugin(serve: []).capabilities(of: .managed, settings: .null)
        #expect(declared.runsServers && declared == AzureBackend.capabilities(of: .emulator))
        #expect(!AzureBackend.capabilities(of: .cloud).runsServers)
    }

    @Test("a plan's own come first, then those that are there; stages that are skipped deploy nothing")
    func plan() throws {
        #expect(Self.servers.lines(columns: 100) == Self.lines)
        #expect(
            try JSONText.line(Self.servers)
                == #"{"blue":"score.py of ./code (Python 3.12, conda)","#
                + #""green":"simulated in place of its code (replaces_code)"}"#)
        let preview = PlanPreview(of: Self.plan, on: Self.endpoint, kind: .managed, durations: nil)
        let text = PlanText(style: .plain, columns: 100).lines(preview)
        #expect(Array(text.dropFirst(2).prefix(3)) == ["Servers in this plan:"] + Self.lines.dropFirst())
        let report = PlanReport(
            preview, snapshot: PlanSnapshot(plan: Self.plan, hash: String(repeating: "0", count: 64), contents: [:]))
        #expect(report.servers == Self.servers)
        #expect(report.observed?.deployments.map(\.server) == ["score.py of ./code (Python 3.12, conda)"])
    }

    @Test("a deployment that is deployed twice is served by one after the other")
    func twice() {
        let plan = Plan(
            playbook: "demo", backend: "local", endpoint: "houses",
            stages: [
                Stage(name: "a", action: .deploy(Self.definition("green", ["simulate": [:]]))),
                Stage(name: "b", action: .deploy(Self.definition("green", ["command": ["./serve.sh"]]))),
            ])
        #expect(
            Servers(of: plan, on: nil).lines(columns: 100) == [
                "Servers:", "  green: simulated (latency profile of the playbook), then ./serve.sh",
            ])
    }

    @Test("where nothing is known nothing is said")
    func unknown() {
        #expect(Servers(of: Sample.plan, on: .blueLive).lines(columns: 100).isEmpty)
    }

    @Test("a run's tree and its status have them under the heading")
    func run() throws {
        var record = Sample.waiting().record
        record.latest = .present(Self.endpoint)
        let state = RunState(record: record, stages: Sample.stages)
        let live = LiveTree(plan: Self.plan, state: state).lines(.plain, columns: 100, rows: 40, footer: [])
        #expect(Array(live.dropFirst(2).prefix(3)) == Self.lines)
        let tree = RunTree(
            situation: RunSituation(record: record, stages: Sample.stages), now: Sample.start, style: .plain,
            columns: 100, servers: Self.servers)
        #expect(Array(tree.lines().dropFirst(2).prefix(3)) == Self.lines)
        let report = RunReport(RunSituation(record: record, stages: []), servers: Self.servers)
        #expect(try JSONText.line(report).contains(#""servers":{"blue":"score.py of "#))
    }

    @Test("an endpoint shows what serves each of its deployments")
    func endpoint() {
        let payload = EndpointShow.Payload(endpoint: EndpointReport(Self.endpoint), requests: nil, scoringURI: nil)
        let lines = EndpointShow.lines(Self.endpoint, payload, Terminal(descriptor: -1, environment: [:]))
        #expect(lines.suffix(2) == ["Servers:", "  blue: score.py of ./code (Python 3.12, conda)"])
    }

    @Test("P23 an endpoint that no process serves says so at its address, and to programs")
    func notServed() throws {
        let payload = EndpointShow.Payload(
            endpoint: EndpointReport(Self.endpoint), requests: nil, scoringURI: "http://127.0.0.1:1/score",
            unobservable: "the local endpoints are not served now")
        let lines = EndpointShow.lines(Self.endpoint, payload, Terminal(descriptor: -1, environment: [:]))
        #expect(lines.contains("scoring URI http://127.0.0.1:1/score, but no process is serving it now"))
        #expect(try JSONText.line(payload).contains(#""unobservable":"the local endpoints are not served now""#))
    }
}
