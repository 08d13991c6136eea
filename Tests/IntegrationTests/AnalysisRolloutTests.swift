import Foundation
import Testing

@Suite("Rollouts that live evidence decides", .integration, .serialized, .timeLimit(.minutes(10)))
struct AnalysisRolloutTests {
    /// The safe rollout with a green that is like this, run from its start.
    private func run(
        green profile: String, backend: String = "simulated", _ arguments: [String] = [],
        _ check: (TurnoutHome, TurnoutHome.Ended) throws -> Void
    ) async throws {
        try await TurnoutHome.with(backend: backend) { home throws in
            let playbook = try home.read("Playbooks/safe-rollout.yml")
            let changed = playbook.replacingOccurrences(
                of: "green: {latency: {p50: 35ms, p99: 180ms}}",
                with: "green: {latency: {p50: 40ms, p99: 200ms}, \(profile)}")
            #expect(changed != playbook)
            try home.write(changed, to: "Playbooks/safe-rollout.yml")
            try check(home, try home.run(["run", "safe-rollout", "--approve", "all"] + arguments))
        }
    }

    @Test("a good green passes early, by evidence")
    func good() async throws {
        try await run(green: "errors: 0") { home, ended in
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            #expect(ended.output.contains("the analysis passes green"))
        }
    }

    @Test(
        "a green that fails 5 % more is rolled back from the mirror, and no client has met it",
        arguments: ["simulated", "local"])
    func failing(_ backend: String) async throws {
        try await run(green: "errors: 5%", backend: backend, ["--input", "canary=10"]) { home, ended in
            // The isolated test may find it first: one of its twenty requests fails more often than not.
            #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
            let status = try home.local("safe-rollout-1")
            #expect(status.traffic == .init(wanted: ["blue": 100], actual: ["blue": 100]))
            #expect(status.stages.first { $0.name == "canary" }?.status == "pending")
            #expect(status.clients?.failed ?? 0 == 0)
        }
    }

    @Test("a green that is only slow under live load is rolled back from the canary, with the numbers")
    func slowUnderLoad() async throws {
        try await run(green: "under_load: {above: 10/s, latency_factor: 3}") { home, ended in
            #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
            let status = try home.local("safe-rollout-1")
            #expect(status.stages.first { $0.name == "mirror" }?.status == "rolled_back")
            #expect(ended.output.contains("the analysis fails green"))
            #expect(ended.output.contains("latency, p95: green"))
        }
    }

    @Test("P11 a run that is killed in the middle of an analysis goes on with the evidence it had")
    func killed() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let run = try home.start(["run", "safe-rollout", "--approve", "all", "--input", "at_least=16s"])
            // Readings are made durable every 10 s.
            try wait { try evidence(of: home) >= 300 }
            let before = try evidence(of: home)
            run.signal(SIGKILL)
            _ = try run.wait()
            let resumed = try home.run(["resume"])
            #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
            let events = try home.run("events", "safe-rollout-1", "--json").output
            let counts = events.split(separator: "\n").compactMap { line -> Int? in
                guard line.contains("evidence.gathered"), line.contains("\"stage\":\"mirror\"") else { return nil }
                return line.firstMatch(of: /"exposed":\{"errors":\d+,"requests":(\d+)/).flatMap { Int($0.1) }
            }
            #expect(counts == counts.sorted(), "\(counts)")
            #expect((counts.last ?? 0) > before)
        }
    }

    /// Requests that the candidate has answered, as the journal has it.
    private func evidence(of home: TurnoutHome) throws -> Int {
        struct Status: Decodable {
            struct Analysis: Decodable {
                struct Exposed: Decodable { var requests: Int }
                var exposed: Exposed?
            }
            var analysis: Analysis?
        }
        let ended = try home.run("status", "safe-rollout-1", "--json")
        guard ended.status == 0 else { return 0 }
        return try JSONDecoder().decode(Status.self, from: Data(ended.output.utf8)).analysis?.exposed?.requests ?? 0
    }
}
