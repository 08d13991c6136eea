import AzureEndpoints
import Foundation
import LocalEndpoints
import PrometheusMetrics
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@Suite("A real Prometheus", .integration, .serialized, .timeLimit(.minutes(5)))
struct PrometheusTests {
    @Test("values, what is none, and what is refused are told apart")
    func queries() async throws {
        let exporter = try MetricsExporter()
        try exporter.show("houses_depth{kind=\"a\"} 3\nhouses_depth{kind=\"b\"} 4")
        try await PrometheusFixture.with(scraping: [exporter.address]) { prometheus in
            let client = try prometheus.client()
            func reading(_ query: String) async throws(PrometheusError) -> PrometheusReading {
                try await PrometheusQuery(query, of: client).reading()
            }
            #expect(try await eventually { try await reading("sum(houses_depth)").value == 7 })
            #expect(try await reading("scalar(houses_depth{kind=\"b\"}) + 1").value == 5)
            #expect(try await reading("no_such_metric").outcome == .noData)
            #expect(try await reading("sum(houses_depth) / 0").outcome == .notANumber("+Inf"))
            #expect(try await reading("sum(houses_depth * 0) / 0").outcome == .notANumber("NaN"))
            #expect(try await reading("houses_depth").outcome == .severalSeries(2))
            #expect(try await reading("houses_depth[1m]").outcome == .otherKind("matrix"))
            #expect(try await reading("\"a & b = c+d\"").outcome == .otherKind("string"))
            await expect(.rejected(type: "bad_data")) { () async throws(PrometheusError) in
                _ = try await reading("sum(houses_depth")
            }
            await expect(.rejected(type: "execution")) { () async throws(PrometheusError) in
                _ = try await reading("label_replace(houses_depth, \"kind\", \"x\", \"kind\", \".*\")")
            }
            let end = SystemClock().now()
            let range = try await client.queryRange(
                "sum(houses_depth)", from: end + .seconds(-1), to: end, step: .milliseconds(500))
            guard case .matrix(let series) = range.result else { return #expect(Bool(false), "\(range)") }
            #expect(series.count == 1 && series.allSatisfy { $0.samples.allSatisfy { $0.value == 7 } })
            await client.close()
            let stranger = try PrometheusClient(
                PrometheusServer(url: prometheus.url, credentials: PrometheusFixture.credentials),
                environment: ["PROMETHEUS_PASSWORD": "wrong"])
            await expect(.unauthorized) { () async throws(PrometheusError) in _ = try await stranger.query("1") }
            await stranger.close()
        }
    }

    @Test("servers that are not there, not in time, too long or no Prometheus are told apart")
    func servers() async throws {
        let exporter = try MetricsExporter()
        for (path, code) in [
            ("slow", .timedOut), ("big", .tooLarge), ("broken", .failed(status: 500)), ("odd", .malformed),
        ] as [(String, PrometheusError.Code)] {
            let client = try PrometheusClient(
                PrometheusServer(
                    url: "http://\(exporter.address)/\(path)", timeout: .seconds(1), responseLimit: 1_000_000),
                environment: [:])
            await expect(code) { () async throws(PrometheusError) in _ = try await client.query("1") }
            await client.close()
        }
        let nobody = try PrometheusClient(PrometheusServer(url: "http://127.0.0.1:1"), environment: [:])
        await expect(.unreachable) { () async throws(PrometheusError) in _ = try await nobody.query("1") }
        await nobody.close()
    }

    @Test("over TLS the server must be the authority's, and gets the token")
    func tls() async throws {
        // The emulator's control plane is no Prometheus, but asks for a token under a certificate of its own authority.
        try await EmulatorFixture.with { emulator in
            let server = PrometheusServer(url: emulator.record.control)
            let (authority, token) = (emulator.state + "/local/ca.pem", emulator.state + "/local/token")
            #expect(await refusal(by: server, authority: nil, secret: .file(token)) == .untrusted)
            #expect(await refusal(by: server, authority: authority, secret: .environment("WRONG")) == .unauthorized)
            // Let in, and told that such a thing is not to be had here.
            let letIn = await refusal(by: server, authority: authority, secret: .file(token))
            #expect(letIn == .failed(status: 404) || letIn == .failed(status: 405), "\(String(describing: letIn))")
            #expect(await refusal(by: server, authority: authority, secret: .file("/nowhere")) == .credentials)
        }
    }

    /// Why there is no answer.
    private func refusal(by server: PrometheusServer, authority: String?, secret: PrometheusCredentials.Secret) async
        -> PrometheusError.Code?
    {
        var server = server
        server.authorityFile = authority
        server.credentials = .bearer(secret)
        do throws(PrometheusError) {
            let client = try PrometheusClient(server, environment: ["WRONG": "token"])
            let refusal = await refusal(by: client)
            await client.close()
            return refusal
        } catch {
            return error.code
        }
    }

    private func refusal(by client: PrometheusClient) async -> PrometheusError.Code? {
        do throws(PrometheusError) {
            _ = try await client.query("1")
            return nil
        } catch {
            return error.code
        }
    }

    private func expect(
        _ code: PrometheusError.Code, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws(PrometheusError) -> Void
    ) async {
        do throws(PrometheusError) {
            try await body()
            Issue.record("there was an answer", sourceLocation: sourceLocation)
        } catch {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        }
    }

    @Test("what a gateway counts becomes outcomes, also when its pod starts again", arguments: GatewayShape.allCases)
    func gateways(_ shape: GatewayShape) async throws {
        let exporter = try MetricsExporter()
        try exporter.show(shape.metrics(blue: (1000, 10), green: nil))
        try await PrometheusFixture.with(scraping: [exporter.address]) { prometheus in
            let client = try prometheus.client()
            let outcomes = PrometheusOutcomes(
                shape.preset.series(of: GatewayShape.route), of: client, settling: .seconds(1))
            #expect(
                try await eventually { try await outcomes.outcomes(since: nil).deployments["blue"]?.requests == 1000 })
            let begin = try await outcomes.outcomes(since: nil).cursor
            try exporter.show(shape.metrics(blue: (1090, 11), green: (10, 2)))
            var reading = OutcomeReading(cursor: 0)
            #expect(
                try await eventually {
                    reading = try await outcomes.outcomes(since: begin)
                    return reading.deployments["green"]?.requests == 10 && reading.deployments["blue"]?.requests == 90
                }, "\(reading.deployments.mapValues { ($0.requests, $0.errors) })")
            #expect(reading.continuity == .whole)
            #expect(reading.deployments["blue"]?.errors == 1 && reading.deployments["green"]?.errors == 2)
            if shape.preset != .nginxGatewayFabric {
                let latencies = try #require(reading.deployments["green"]?.latencies)
                #expect(latencies[OutcomeReading.latencyBin(ofMilliseconds: 25)] == 4)
                #expect(latencies[OutcomeReading.latencyBin(ofMilliseconds: 50)] == 6)
                #expect(try await outcomes.findings().isEmpty)
            } else {
                #expect(try await outcomes.findings().count == 1)
            }
            // The pod was started again, and counts from 0.
            try exporter.show(shape.metrics(blue: (7, 0), green: (1, 1)))
            let next = reading.cursor
            #expect(
                try await eventually {
                    reading = try await outcomes.outcomes(since: next)
                    return reading.deployments["blue"]?.requests == 7 && reading.deployments["green"]?.requests == 1
                })
            #expect(reading.continuity == .restarted)
            let nothing = try await outcomes.outcomes(since: reading.cursor)
            #expect(nothing.deployments.values.allSatisfy { $0.requests == 0 })
            #expect(try await outcomes.outcomes(since: 1).continuity == .lost)
            await client.close()
        }
    }

    @Test("a gateway that counts no backends by themselves is told why")
    func together() async throws {
        let exporter = try MetricsExporter()
        try exporter.show(
            """
            envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="httproute/shop/houses/rule/0"} 5
            nginx_http_requests 5
            """)
        try await PrometheusFixture.with(scraping: [exporter.address]) { prometheus in
            let client = try prometheus.client()
            func findings(_ preset: GatewayPreset) async throws -> String {
                let outcomes = PrometheusOutcomes(preset.series(of: GatewayShape.route), of: client)
                return try await outcomes.findings().joined(separator: "\n")
            }
            #expect(
                try await eventually { try await findings(.envoyGateway).contains("unless one of its backendRefs") })
            #expect(try await findings(.nginxGatewayFabric).contains("only with NGINX Plus"))
            #expect(try await findings(.istio).contains("has no data for istio_requests_total"))
            await client.close()
        }
    }

    @Test("the metrics of local endpoints tell what the emulator itself counts")
    func emulator() async throws {
        try await LocalBackendFixture.withRecord { backend, record in
            let bench = BackendBench(backend, clock: SystemClock(), step: .milliseconds(20))
            try await bench.makeBlueLive()
            let target = String(record.data.drop { $0 != "/" }.dropFirst(2))
            try await PrometheusFixture.with(scraping: [target]) { prometheus in
                let client = try prometheus.client()
                let route = GatewayPreset.Route(
                    endpoint: bench.endpoint, namespace: "", name: "", rule: 0,
                    backends: [.init("blue", service: ""), .init("green", service: "")])
                let outcomes = PrometheusOutcomes(
                    GatewayPreset.turnout.series(of: route), of: client, settling: .seconds(1))
                #expect(
                    try await eventually { try await outcomes.outcomes(since: nil).deployments["blue"] != nil })
                let begin = try await outcomes.outcomes(since: nil).cursor
                let own = try await backend.outcomes(of: bench.endpoint, since: nil).cursor
                for number in 0..<40 {
                    let deployment: Name? = number % 4 == 0 ? "green" : nil
                    _ = try await backend.invoke(bench.endpoint, deployment: deployment, .sample)
                }
                let expected = try await backend.outcomes(of: bench.endpoint, since: own).deployments
                var found: [Name: OutcomeReading.Counts] = [:]
                #expect(
                    try await eventually {
                        found = try await outcomes.outcomes(since: begin).deployments
                        return found["blue"]?.requests == 30 && found["green"]?.requests == 10
                    }, "\(found.mapValues(\.requests))")
                #expect(found.mapValues(\.errors) == expected.mapValues(\.errors))
                for name in ["blue", "green"] as [Name] {
                    #expect(found[name]?.latencies.reduce(0, +) == expected[name]?.latencies.reduce(0, +))
                }
                await client.close()
            }
        }
    }
}

/// Metrics as a gateway has them.
enum GatewayShape: CaseIterable {
    case envoy, istio, nginx

    static let route = GatewayPreset.Route(
        endpoint: "houses", namespace: "shop", name: "houses", rule: 0,
        backends: [.init("blue", service: "houses-blue"), .init("green", service: "houses-green")])

    var preset: GatewayPreset {
        switch self {
        case .envoy: .envoyGateway
        case .istio: .istio
        case .nginx: .nginxGatewayFabric
        }
    }

    /// Requests and those of them that failed; of the latencies, 40 % are at most 25 ms and all at most 50 ms.
    func metrics(blue: (Int, Int), green: (Int, Int)?) -> String {
        let counters = [("blue", 0, blue)] + (green.map { [("green", 1, $0)] } ?? [])
        return counters.map { name, number, counts in
            lines(name, number, requests: counts.0, errors: counts.1)
        }.joined(separator: "\n")
    }

    private func lines(_ name: String, _ number: Int, requests: Int, errors: Int) -> String {
        let fast = requests * 4 / 10
        switch self {
        case .envoy:
            let cluster = "envoy_cluster_name=\"httproute/shop/houses/rule/0/backend/\(number)\""
            let bucket = "envoy_cluster_upstream_rq_time_bucket{\(cluster),le="
            return """
                envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",\(cluster)} \(requests - errors)
                envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",\(cluster)} \(errors)
                \(bucket)"25"} \(fast)
                \(bucket)"50"} \(requests)
                \(bucket)"+Inf"} \(requests)
                """
        case .istio:
            let labels =
                "reporter=\"source\",destination_service_namespace=\"shop\",destination_service_name=\"houses-\(name)\""
            let bucket = "istio_request_duration_milliseconds_bucket{\(labels),le="
            return """
                istio_requests_total{\(labels),response_code="200"} \(requests - errors)
                istio_requests_total{\(labels),response_code="503"} \(errors)
                istio_requests_total{\(labels.replacing("source", with: "destination")),response_code="503"} 4711
                \(bucket)"25"} \(fast)
                \(bucket)"50"} \(requests)
                \(bucket)"+Inf"} \(requests)
                """
        case .nginx:
            let labels = "nginx_upstream_name=\"shop_houses-\(name)_80\",nginx_peer_address=\"10.0.0.1:80\""
            return """
                nginx_http_upstream_peer_responses_total{\(labels),nginx_status_range="2xx"} \(requests - errors)
                nginx_http_upstream_peer_responses_total{\(labels),nginx_status_range="5xx"} \(errors)
                """
        }
    }
}
