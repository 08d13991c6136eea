import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Large playbooks")
struct SizeTests {
    private func playbook(stages: Int) -> String {
        Sample.bare + (0..<stages).map { "  - {name: stage-\($0), wait: {for: 0s}}\n" }.joined()
    }

    @Test("ten thousand stages are planned", .timeLimit(.minutes(1)))
    func manyStages() throws {
        let stages = try Sample.stages(playbook(stages: 10_000))
        #expect(stages.count == 10_000)
    }

    @Test("ten thousand findings are reported", .timeLimit(.minutes(1)))
    func manyFindings() {
        let outcome = Sample.plan(playbook(stages: 10_000).replacing("wait", with: "nothing"))
        #expect(outcome.findings.count == 20_000)
    }
}
