import AssetFiles
import FoundationEssentials
import RolloutEngine
import Rollouts
import Testing

@testable import PlaybookSyntax

extension Capabilities {
    static let managed = Capabilities(
        name: "managed", kind: .managed, mirrorLimit: 50, simulatesClients: true, reportsOutcomes: true)
    static let kubernetes = Capabilities(
        name: "kubernetes", kind: .kubernetes, mirrorLimit: nil, simulatesClients: true, reportsOutcomes: true)
    static let local = Capabilities(
        name: "local", kind: .managed, mirrorLimit: 50, simulatesClients: true, reportsOutcomes: true, runsServers: true
    )
}

/// A backend whose answers are set by a test.
struct StubPlugin: BackendPlugin {
    var name: String
    var kinds: [EndpointKind] = []
    var capabilities: Capabilities
    var takesFiles = false
    var server: (any BackendPlugin)?
    var cluster: ClusterFit?
    var problem: SettingsProblem?
    var lookup: AssetLookup?
    var python: PythonLookup?
    var settle: @Sendable (Value) -> Value = { $0 }
    var serving: @Sendable (Name, OwnServer?, Value) -> Value? = { _, _, _ in nil }

    var settingsShape = Shape.mapping(.any)
    var servers: (any BackendPlugin)? { server }
    func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities { capabilities }
    func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem? { problem }
    func settled(_ settings: Value, options: [String: String]) -> Value { settle(settings) }
    func assets(settings: Value, folder: String, state: String) -> AssetLookup? { lookup }
    func python(settings: Value, folder: String) -> PythonLookup? { python }
    func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value? {
        serving(deployment, own, settings)
    }
    func connect(_ opening: BackendOpening) async throws -> any BackendSession {
        throw BackendError(.refused, "a stub is not opened")
    }

    /// As the backend `local`: servers run here, and files are read.
    static let local = StubPlugin(
        name: "local", capabilities: .local, takesFiles: true,
        serving: { name, own, settings in
            for kind in ["command", "external"] {
                if let server = settings[kind]?[name.text] { return .mapping([kind: server]) }
            }
            guard let profile = settings["simulate"]?[name.text] else { return nil }
            return own == nil || profile["replaces_code"] == true ? ["simulate": profile] : nil
        })
}

extension PlanOptions {
    init(_ plugin: StubPlugin, kind: EndpointKind = .managed) {
        let others = ["azure", "kubernetes", "local", "simulated"].filter { $0 != plugin.name }
            .map { StubPlugin(name: $0, capabilities: .managed) }
        self.init(backend: plugin, kind: kind, among: [plugin] + others, runID: RunID(playbook: "x", number: 1))
    }

    static func managed(_ inputs: [String: InputText] = [:], endpoint: Name? = nil) -> PlanOptions {
        var options = PlanOptions(StubPlugin(name: "simulated", capabilities: .managed))
        (options.inputs, options.endpoint) = (inputs, endpoint)
        return options
    }

    static func local(allowOutsidePaths: Bool = false) -> PlanOptions {
        var options = PlanOptions(.local)
        options.allowOutsidePaths = allowOutsidePaths
        return options
    }

    static func kubernetes(_ inputs: [String: InputText] = [:]) -> PlanOptions {
        var options = PlanOptions(
            StubPlugin(name: "simulated", kinds: EndpointKind.allCases, capabilities: .kubernetes), kind: .kubernetes)
        options.inputs = inputs
        return options
    }
}

enum Sample {
    static let endpoint = "name: my-endpoint\nauth_mode: key\n"
    static func deployment(_ name: String, _ more: String = "") -> String {
        "name: \(name)\nendpoint_name: my-endpoint\ninstance_type: Standard_DS3_v2\n" + more
    }

    static let files = [
        "endpoint.yml": endpoint, "blue.yml": deployment("blue"), "green.yml": deployment("green"),
        "request.json": "{\"data\": []}\n",
    ]

    /// A define stage, and green beside blue.
    static let start = """
        name: x
        stages:
          - {name: define, define: {endpoint_file: endpoint.yml, deployment_file: blue.yml, all_traffic: true}}
          - {name: deploy, deploy: {deployment_file: green.yml}}

        """

    /// A playbook of an endpoint that is already there.
    static let bare = "name: x\nendpoint: my-endpoint\nstages:\n"

    static func plan(
        _ playbook: String, _ options: PlanOptions = .managed(), files more: [String: String] = [:]
    ) -> PlanOutcome {
        var contents = files.merging(more) { _, new in new }
        contents["x.yml"] = playbook
        return makePlan(of: "x.yml", options: options, files: .stored(contents.mapValues { Data($0.utf8) }))
    }

    /// The stages of a playbook that has no findings.
    static func stages(_ playbook: String, _ options: PlanOptions = .managed()) throws -> [Stage] {
        let outcome = plan(playbook, options)
        #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
        return Array(try #require(outcome.snapshot).plan.stages)
    }
}

/// Expects one finding for each marked place of `playbook`, in order, with these rules.
func expectFindings(
    _ rules: String..., in playbook: String, _ options: PlanOptions = .managed(), files: [String: String] = [:],
    saying words: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    let marked = MarkedText(playbook)
    let outcome = Sample.plan(marked.text, options, files: files)
    let text = outcome.findings.map { $0.rendered(color: false) }.joined(separator: "\n")
    #expect(outcome.findings.map(\.rule) == rules, "\(text)", sourceLocation: sourceLocation)
    let spans = outcome.findings.map { Span(start: $0.start, end: $0.end) }
    #expect(spans == marked.spans, "\(text)", sourceLocation: sourceLocation)
    #expect(text.contains(words), "\(text)", sourceLocation: sourceLocation)
    #expect((outcome.snapshot == nil) == outcome.findings.hasErrors, sourceLocation: sourceLocation)
}
