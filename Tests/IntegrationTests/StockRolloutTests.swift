import Foundation
import Testing

@Suite("The playbooks that come with Turnout, run", .integration, .serialized, .timeLimit(.minutes(5)))
struct StockRolloutTests {
    private static let playbooks = ["safe-rollout", "progressive-canary", "blue-green", "kubernetes-rollout"]

    /// Runs a playbook whose green is like this.
    private func run(
        _ playbook: String, green profile: String, _ check: (TurnoutHome.Ended, TurnoutHome) throws -> Void
    ) async throws {
        try await TurnoutHome.with(backend: "simulated") { home throws in
            let file = "Playbooks/\(playbook).yml"
            let written = try home.read(file)
            let changed = written.replacing(
                "green: {latency: {p50: 35ms, p99: 180ms}}",
                with: "green: {latency: {p50: 40ms, p99: 200ms}, \(profile)}")
            #expect(changed != written)
            try home.write(changed, to: file)
            try check(try home.run("run", playbook, "--approve", "all"), home)
        }
    }

    @Test("a good green goes all the way, and a second run does, too", arguments: playbooks)
    func good(_ playbook: String) async throws {
        try await run(playbook, green: "errors: 0") { ended, home in
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            #expect(ended.output.contains("analyses green"))
            let again = try home.run("run", playbook, "--approve", "all")
            #expect(again.status == 0, "\(again.output)\(again.errors)")
            let last = try home.status("\(playbook)-2")
            #expect(last.traffic == .init(wanted: ["green": 100], actual: ["green": 100]))
        }
    }

    @Test("a green that fails 20 % of clients' requests is rolled back by the evidence", arguments: playbooks)
    func bad(_ playbook: String) async throws {
        try await run(playbook, green: "under_load: {above: 2/s, errors: 20%}") { ended, home in
            #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
            #expect(ended.output.contains("the analysis fails green after"), "\(ended.output)")
            let status = try home.status("\(playbook)-1")
            #expect(status.traffic == .init(wanted: ["blue": 100], actual: ["blue": 100]))
        }
    }
}
