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

extension PlanOptions {
    static func managed(_ inputs: [String: InputText] = [:], endpoint: Name? = nil) -> PlanOptions {
        PlanOptions(
            inputs: inputs, backend: "simulated", capabilities: { _ in .managed }, endpoint: endpoint,
            runID: RunID(playbook: "x", number: 1))
    }

    static func local(allowOutsidePaths: Bool = false) -> PlanOptions {
        PlanOptions(
            backend: "local", capabilities: { _ in .local }, runID: RunID(playbook: "x", number: 1),
            allowOutsidePaths: allowOutsidePaths, digests: DigestCache(path: nil),
            serving: { name, own, settings in
                for kind in ["command", "external"] {
                    if let server = settings[kind]?[name.text] { return .mapping([kind: server]) }
                }
                guard let profile = settings["simulate"]?[name.text] else { return nil }
                return own == nil || profile["replaces_code"] == true ? ["simulate": profile] : nil
            })
    }

    static func kubernetes(_ inputs: [String: InputText] = [:]) -> PlanOptions {
        PlanOptions(
            inputs: inputs, backend: "simulated:kubernetes", capabilities: { _ in .kubernetes },
            runID: RunID(playbook: "x", number: 1))
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
