import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

typealias Sample = SamplePlaybook

extension Capabilities {
    static let kubernetes = Capabilities(
        name: "kubernetes", kind: .kubernetes, mirrorLimit: nil, simulatesClients: true, reportsOutcomes: true)
}

extension PlanOptions {
    /// For a backend that files are brought to.
    static func local(allowOutsidePaths: Bool = false) -> PlanOptions {
        var options = PlanOptions(StubPlugin(name: "local", capabilities: .managed, takesFiles: true))
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

extension SamplePlaybook {
    /// The stages of a playbook that has no findings.
    static func stages(_ playbook: String, _ options: PlanOptions = .managed()) throws -> [Stage] {
        let outcome = plan(playbook, options)
        #expect(outcome.findings.isEmpty, "\(outcome.findings.map { $0.rendered(color: false) })")
        return Array(try #require(outcome.snapshot).plan.stages)
    }
}
