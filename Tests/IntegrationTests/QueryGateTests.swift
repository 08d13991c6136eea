import Foundation
import Testing

@Suite("Gates that ask a real Prometheus", .integration, .serialized, .timeLimit(.minutes(5)))
struct QueryGateTests {
    private static let rate = "sum(rate(turnout_requests_total{deployment=\"green\"%@}[4s]))"

    /// The safe rollout with these queries in its canary, and a green that is like this; its emulator is scraped.
    private func run(
        green: String, canary: String, _ check: (TurnoutHome.Ended, TurnoutHome, PrometheusFixture) throws -> Void
    ) async throws {
        try await TurnoutHome.with(backend: "local") { home in
            var home = home
            home.variables = ["METRICS_PASSWORD": "test"]
            let emulator = try home.serve()
            defer {
                emulator.signal(SIGTERM)
                do { _ = try emulator.wait() } catch { Issue.record(error) }
            }
            let data = try String(contentsOfFile: emulator.output, encoding: .utf8)
            let address = try #require(data.firstMatch(of: /"data"\s*:\s*"http:\\?\/\\?\/([0-9.:]+)"/)?.1, "\(data)")
            try await PrometheusFixture.with(scraping: [String(address)]) { prometheus in
                let playbook = try home.read("Playbooks/safe-rollout.yml")
                let gate = "      metrics: [errors: {hard_limit: 5%}, latency: {tolerance: 5%}]\n"
                #expect(playbook.contains(gate))
                let changed = playbook.replacing(
                    gate,
                    with: canary.replacing("URL", with: prometheus.url).replacing(
                        "ACCESS", with: "user: admin, password_env: METRICS_PASSWORD")
                ).replacing("green: {latency: {p50: 35ms, p99: 180ms}}", with: "green: {\(green)}")
                try home.write(changed, to: "Playbooks/safe-rollout.yml")
                let ended = try await home.end(
                    ["run", "safe-rollout", "--approve", "all", "--input", "at_least=1s", "--input", "canary_for=15s"])
                try check(ended, home, prometheus)
            }
        }
    }

    @Test("a query that shows green failing rolls it back, with its value against its limit")
    func failing() async throws {
        let query =
            String(format: Self.rate, ",status!=\"200\"") + " / " + String(format: Self.rate, "")
        try await run(
            green: "latency: {p50: 35ms, p99: 180ms}, under_load: {above: 10/s, errors: 30%}",
            canary: """
                      metrics:
                        - prometheus: {name: failures, url: "URL", ACCESS, query: '\(query)', max: 0.1, failures_allowed: 2}

                """
        ) { ended, home, _ in
            #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
            #expect(
                ended.output.contains(/the analysis fails green after .*: failures: green 0\.[1-5]\d*, limit 0\.1/),
                "\(ended.output)")
            let status = try home.status("safe-rollout-1")
            #expect(status.traffic.actual == ["blue": 100])
        }
    }

    @Test("what is no value is told apart in the run's events, and passes nobody")
    func troubles() async throws {
        try await run(
            green: "latency: {p50: 35ms, p99: 180ms}",
            canary: """
                      metrics:
                        - prometheus: {name: nan, url: "URL", ACCESS, query: 'sum(up) * 0 / 0', max: 1}
                        - prometheus: {name: nothing, url: "URL", ACCESS, query: no_such_metric, max: 1}
                        - prometheus: {name: several, url: "URL", ACCESS, query: turnout_requests_total, max: 1}
                        - prometheus: {name: broken, url: "URL", ACCESS, query: 'sum(up', max: 1}
                        - prometheus: {name: away, url: "http://127.0.0.1:1", query: up, max: 1}
                        - prometheus: {name: stranger, url: "URL", query: up, max: 1}
                        - prometheus: {name: keyless, url: "URL", token_env: NO_SUCH_VARIABLE, query: up, max: 1}
                        - prometheus: {name: well, url: "URL", ACCESS, query: sum(up), max: 1}

                """
        ) { ended, home, prometheus in
            #expect(ended.status == 11, "\(ended.output)\(ended.errors)")
            let reason = ended.output
            let events = try home.run("events", "safe-rollout-1", "--json").output
            for words in [
                "nan: the query's value is NaN", "nothing: the query returned no data", "several: the query returned ",
                "broken: \(prometheus.url) rejected the query (bad_data)",
                "away: nothing listens at http://127.0.0.1:1",
                "stranger: \(prometheus.url) denied access",
                "keyless: the environment variable NO_SUCH_VARIABLE is not set",
            ] {
                #expect(reason.contains(words), "\(words): \(reason)")
                #expect(events.contains("\"" + words), "\(words)")
            }
            #expect(!reason.contains("well:"))
        }
    }
}
