import Foundation
import Testing

extension KubernetesSuite {
    /// Clients, a gateway that counts them, and a Prometheus that scrapes the gateway.
    @Suite("Evidence on a cluster") struct MetricsTests {
        private func with(_ body: (TurnoutHome, ClusterFixture, PrometheusFixture) async throws -> Void) async throws {
            try await ClusterFixture.with { fixture in
                try await PrometheusFixture.with(scraping: [fixture.cluster.envoy], at: "/stats/prometheus") { server in
                    try await TurnoutHome.with(backend: "kubernetes") { home in
                        var home = home
                        home.variables = [
                            "KUBECONFIG": fixture.place.kubeconfig, "TURNOUT_PROMETHEUS_USER": "admin",
                            "TURNOUT_PROMETHEUS_PASSWORD": "test",
                        ]
                        try await body(home, fixture, server)
                    }
                }
            }
        }

        private func inputs(_ fixture: ClusterFixture, _ server: PrometheusFixture) -> [String] {
            [
                "namespace=\(fixture.namespace)", "gateway=\(fixture.place.gatewayName)",
                "gateway_address=\(fixture.place.gateway)", "prometheus=\(server.url)",
            ].flatMap { ["--input", $0] }
        }

        private func words(_ fixture: ClusterFixture, _ server: PrometheusFixture, _ more: String...) -> [String] {
            ["run", "kubernetes-rollout", "--approve", "all", "--input", "canary=50", "--input", "at_least=3s"]
                + inputs(fixture, server) + more
        }

        @Test("a good green passes by what the gateway counts, and no client notices")
        func good() async throws {
            try await with { home, fixture, server in
                let tally = try await LiveClients.during(fixture.place.gateway, rate: 120) { _ in
                    let ended = try await home.end(words(fixture, server))
                    #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                    #expect(
                        ended.output.components(separatedBy: "the analysis passes green").count == 3, "\(ended.output)")
                    let status = try home.status("kubernetes-rollout-1")
                    #expect(
                        status.stages.filter { $0.status == "skipped" }.map(\.reason) == [
                            "kubernetes does not mirror traffic"
                        ])
                }
                #expect(tally.failures.isEmpty, "\(tally)")
                #expect((tally.answered["green"] ?? 0) > 300, "\(tally)")
            }
        }

        @Test("a green that fails a fifth of clients' requests is rolled back, with the numbers")
        func failing() async throws {
            try await with { home, fixture, server in
                try await fixture.podFault("failing-20", deployment: "green")
                let tally = try await LiveClients.during(fixture.place.gateway, rate: 120) { _ in
                    let ended = try await home.end(words(fixture, server))
                    #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
                    let match = ended.output.firstMatch(
                        of:
                            /the analysis fails green after .*: errors.*: green (\d+)[.\d]* %.*answered (\d+) requests, (\d+) of them failed/
                    )
                    let words = try #require(match?.output, "\(ended.output)")
                    #expect((10...35).contains(Int(words.1) ?? 0), "\(words.0)")
                    #expect((Int(words.2) ?? 0) < 900 && (Int(words.3) ?? 0) > 3, "\(words.0)")
                    #expect(try home.status("kubernetes-rollout-1").traffic.actual == ["blue": 100])
                }
                #expect((tally.failures["status 500"] ?? 0) > 3, "\(tally)")
            }
        }

        @Test("the doctor tells of a server that is away, and of counters that are not there")
        func doctor() async throws {
            try await with { home, fixture, server in
                func look(_ more: String...) throws -> TurnoutHome.Ended {
                    try home.run(
                        ["doctor", "--json", "--playbook", "kubernetes-rollout"] + inputs(fixture, server)
                            + more.flatMap { ["--input", $0] })
                }
                let well = try look()
                #expect(well.status == 0 && well.output.contains("\(server.url) responds"), "\(well.output)")
                try home.write(
                    try home.read("Playbooks/kubernetes-rollout.yml").replacingOccurrences(
                        of: "${{ inputs.prometheus }}", with: "http://127.0.0.1:1"),
                    to: "Playbooks/kubernetes-rollout.yml")
                let away = try look()
                #expect(
                    away.status == 1 && away.output.contains("nothing listens at http://127.0.0.1:1"),
                    "\(away.output)")
            }
        }
    }
}
