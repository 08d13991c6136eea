internal import Foundation
package import PlaybookSyntax
package import RolloutEngine
package import Rollouts
package import Testing

extension Capabilities {
    package static let managed = Capabilities(
        name: "managed", kind: .managed, mirrorLimit: 50, simulatesClients: true, reportsOutcomes: true)
}

/// A backend whose answers are set by a test.
package struct StubPlugin: BackendPlugin {
    package var name: String
    package var kinds: [EndpointKind]
    package var capabilities: Capabilities
    package var takesFiles: Bool
    package var problem: SettingsProblem?
    package var settle: @Sendable (Value) -> Value = { $0 }
    package var complete: @Sendable (inout DeploymentDraft) -> Void = { _ in }
    package var check: @Sendable (PlaybookDraft) -> [Finding] = { _ in [] }
    package let settingsShape = Shape.mapping(.any)

    package init(
        name: String, kinds: [EndpointKind] = [], capabilities: Capabilities, takesFiles: Bool = false
    ) {
        self.name = name
        self.kinds = kinds
        self.capabilities = capabilities
        self.takesFiles = takesFiles
    }

    package func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities { capabilities }
    package func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem? { problem }
    package func settled(_ settings: Value, options: [String: String]) -> Value { settle(settings) }
    package func read(_ deployment: inout DeploymentDraft) { complete(&deployment) }
    package func findings(in playbook: PlaybookDraft) -> [Finding] { check(playbook) }
    package func connect(_ opening: BackendOpening) async throws -> any BackendSession {
        throw BackendError(.refused, "a stub is not opened")
    }
}

extension PlanOptions {
    /// A plan for `plugin`, of a playbook that may have settings of other backends as well.
    package init(_ plugin: any BackendPlugin, kind: EndpointKind = .managed) {
        let others = ["azure", "kubernetes", "local", "simulated"].filter { $0 != plugin.name }
            .map { StubPlugin(name: $0, capabilities: .managed) }
        self.init(backend: plugin, kind: kind, among: [plugin] + others, runID: RunID(playbook: "x", number: 1))
    }

    package static func managed(_ inputs: [String: InputText] = [:], endpoint: Name? = nil) -> PlanOptions {
        var options = PlanOptions(StubPlugin(name: "simulated", capabilities: .managed))
        (options.inputs, options.endpoint) = (inputs, endpoint)
        return options
    }
}

/// A playbook of two deployments, and its files.
package enum SamplePlaybook {
    package static let endpoint = "name: my-endpoint\nauth_mode: key\n"
    package static func deployment(_ name: String, _ more: String = "") -> String {
        "name: \(name)\nendpoint_name: my-endpoint\ninstance_type: Standard_DS3_v2\n" + more
    }

    package static let files = [
        "endpoint.yml": endpoint, "blue.yml": deployment("blue"), "green.yml": deployment("green"),
        "request.json": "{\"data\": []}\n",
    ]

    /// A define stage, and green beside blue.
    package static let start = """
        name: x
        stages:
          - {name: define, define: {endpoint_file: endpoint.yml, deployment_file: blue.yml, all_traffic: true}}
          - {name: deploy, deploy: {deployment_file: green.yml}}

        """

    /// A playbook of an endpoint that is already there.
    package static let bare = "name: x\nendpoint: my-endpoint\nstages:\n"

    package static func plan(
        _ playbook: String, _ options: PlanOptions = .managed(), files more: [String: String] = [:]
    ) -> PlanOutcome {
        var contents = files.merging(more) { _, new in new }
        contents["x.yml"] = playbook
        return makePlan(of: "x.yml", options: options, files: .stored(contents.mapValues { Data($0.utf8) }))
    }

    /// The plan of a playbook on disk, beside its files and `more`, which may be in folders; `body` gets their folder.
    package static func onDisk(
        _ playbook: String, _ options: PlanOptions, files more: [String: String] = [:],
        _ body: (String, PlanOutcome) throws -> Void
    ) throws {
        let root = FileManager.default.temporaryDirectory.path + "/turnout-sample-\(UUID())"
        defer {
            do { try FileManager.default.removeItem(atPath: root) } catch { Issue.record("\(root) is left: \(error)") }
        }
        var contents = files.merging(more) { _, new in new }
        contents["x.yml"] = playbook
        for (name, text) in contents {
            let place = URL(filePath: root + "/" + name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: place)
        }
        try body(root, makePlan(of: root + "/x.yml", options: options))
    }
}

/// Expects one finding for each marked place of `playbook`, in order, with these rules.
package func expectFindings(
    _ rules: String..., in playbook: String, _ options: PlanOptions = .managed(), files: [String: String] = [:],
    saying words: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    let marked = MarkedText(playbook)
    let outcome = SamplePlaybook.plan(marked.text, options, files: files)
    let text = outcome.findings.map { $0.rendered(color: false) }.joined(separator: "\n")
    #expect(outcome.findings.map(\.rule) == rules, "\(text)", sourceLocation: sourceLocation)
    #expect(outcome.findings.map(\.span) == marked.spans, "\(text)", sourceLocation: sourceLocation)
    #expect(words.isEmpty || text.contains(words), "\(text)", sourceLocation: sourceLocation)
    #expect(
        (outcome.snapshot == nil) == outcome.findings.contains { $0.severity == .error }, sourceLocation: sourceLocation
    )
}
