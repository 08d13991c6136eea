import RolloutEngine
import Rollouts
import Testing

@testable import PrometheusMetrics

@Suite("Growth of counters")
struct IncrementTests {
    private func series(_ values: [(Double, Double)], _ labels: [String: String] = Self.labels)
        -> PrometheusAnswer.Series
    {
        .init(labels: labels, samples: values.map { .init(time: $0.0, value: $0.1) })
    }

    private static let labels = ["job": "gateway", "instance": "10.0.0.1:9", "class": "2"]

    @Test(
        "is what came between samples, from what the counter showed at the beginning",
        arguments: [
            (110, [(15, 125), (20, 130)], 20, false),
            (100, [(18, 107)], 7, false),
            // The server started again between 15 and 18.
            (100, [(15, 104), (18, 2), (20, 5)], 9, true),
            (100, [(15, 0), (20, 0)], 0, true),
            // Nothing since.
            (100, [], 0, false),
            (1, [(15, .nan), (20, 4)], 3, false),
        ] as [(Double, [(Double, Double)], Double, Bool)])
    func growth(_ base: Double, _ values: [(Double, Double)], _ growth: Double, _ restarted: Bool) {
        var increments = Increments(bases: [series([(12, base)])], known: [series([(12, base)])])
        #expect(increments.growth(of: series(values)) == growth)
        #expect(increments.sawRestart == restarted)
    }

    @Test("a new counter of a server that was there began at 0; of one that was not, nobody knows what it counts")
    func newCounters() {
        var increments = Increments(bases: [], known: [series([(12, 5)])])
        var failures = Self.labels
        failures["class"] = "5"
        #expect(increments.growth(of: series([(14, 3), (19, 9)], failures)) == 9)
        #expect(!increments.sawRestart)
        failures["instance"] = "10.0.0.2:9"
        #expect(increments.growth(of: series([(14, 100_000), (19, 100_006)], failures)) == 6)
        #expect(increments.sawRestart)
    }

    @Test("adjoining stretches sum to the whole, wherever they are cut")
    func adjoining() {
        let values: [(Double, Double)] = (0..<60).map { (second: Int) -> (Double, Double) in
            let value = second < 33 ? second * second : (second - 33) * 7
            return (Double(second), Double(value))
        }
        func growth(from begin: Double, to end: Double) -> Double {
            let before: [(Double, Double)] = values.filter { $0.0 <= begin }.suffix(1)
            let base = [series(before)]
            var increments = Increments(bases: base, known: base)
            return increments.growth(of: series(values.filter { $0.0 > begin && $0.0 <= end }))
        }
        for cut in stride(from: 0.5, to: 60, by: 1.7) {
            #expect(growth(from: 0, to: cut) + growth(from: cut, to: 60) == growth(from: 0, to: 60))
        }
    }

    @Test("latencies that are told later than their requests make no requests")
    func lateLatencies() {
        var counts = OutcomeReading.Counts(requests: 50, errors: 10)
        counts.latencies[3] = 160
        counts.latencies[9] = 40
        let consistent = counts.consistent
        #expect(consistent.requests == 50 && consistent.errors == 10)
        #expect(consistent.latencies[3] == 40 && consistent.latencies[9] == 10)
    }

    @Test("a histogram's counts up to its bounds become counts of bins")
    func histogram() {
        var counts = OutcomeReading.Counts()
        counts.add(histogram: [0.025: 4, 0.05: 9, .infinity: 10, 0.1: 9], unit: 1000)
        #expect(counts.latencies[OutcomeReading.latencyBin(ofMilliseconds: 25)] == 4)
        #expect(counts.latencies[OutcomeReading.latencyBin(ofMilliseconds: 50)] == 5)
        #expect(counts.latencies.last == 1)
        #expect(counts.latencies.reduce(0, +) == 10)
        // Pods that were scraped at different times: never below zero.
        var odd = OutcomeReading.Counts()
        odd.add(histogram: [1: 5, 2: 4, 3: 7], unit: 1)
        #expect(odd.latencies.reduce(0, +) == 7 && odd.latencies.allSatisfy { $0 >= 0 })
    }
}

@Suite("Metrics of gateways")
struct GatewayPresetTests {
    private let route = GatewayPreset.Route(
        endpoint: "Houses", namespace: "shop", name: "houses", rule: 0,
        backends: [.init("blue", service: "houses-blue"), .init("green", service: "houses-green")])

    @Test("Envoy Gateway: a cluster for each backend of the rule")
    func envoy() {
        let series = GatewayPreset.envoyGateway.series(of: route)
        let matcher =
            #"envoy_cluster_name=~"httproute/shop/houses/rule/0/backend/0|httproute/shop/houses/rule/0/backend/1""#
        #expect(series.requests == "envoy_cluster_upstream_rq_xx{\(matcher)}")
        #expect(series.errors == #"envoy_cluster_upstream_rq_xx{\#(matcher),envoy_response_code_class!~"2|3"}"#)
        #expect(series.latencies == "envoy_cluster_upstream_rq_time_bucket{\(matcher)}")
        #expect(series.latencyUnit == 1)
        #expect(series.deployment("httproute/shop/houses/rule/0/backend/1") == "green")
        #expect(series.deployment("httproute/shop/houses/rule/0") == nil)
        #expect(series.explanation?.selector.contains(#""httproute/shop/houses/rule/0""#) == true)
    }

    @Test("Istio: a service for each deployment, seen by who asks it")
    func istio() {
        let series = GatewayPreset.istio.series(of: route)
        #expect(
            series.requests
                == #"istio_requests_total{reporter="source",destination_service_namespace="shop","#
                + #"destination_service_name=~"houses-blue|houses-green"}"#)
        #expect(series.errors.contains(#"response_code!~"[23]..""#))
        #expect(series.deployment("houses-green") == "green")
    }

    @Test("NGINX Gateway Fabric: an upstream for each service and port, without latencies")
    func nginx() {
        let series = GatewayPreset.nginxGatewayFabric.series(of: route)
        #expect(series.requests.contains(#"nginx_upstream_name=~"(shop_houses-blue_|shop_houses-green_)[0-9]+""#))
        #expect(series.latencies == nil)
        #expect(series.limitations.count == 1)
        #expect(series.deployment("shop_houses-green_80") == "green")
        #expect(series.deployment("shop_houses-green_x80") == nil)
    }

    @Test("own counters are told apart by a label's values")
    func own() {
        let series = OutcomeSeries(
            requests: "r", errors: "e", label: "version", deployments: ["blue": "v1", "green": "v2"])
        #expect(series.deployment("v2") == "green" && series.deployment("v3") == nil)
    }

    @Test("what is special in a regular expression is taken by the letter")
    func quoting() {
        let odd = GatewayPreset.Route(
            endpoint: "a.b", namespace: "n", name: #"r"+"#, rule: 0, backends: [.init("x", service: "a.b-x")])
        #expect(GatewayPreset.envoyGateway.series(of: odd).requests.contains(#"httproute/n/r\"\\+/rule/0/backend/0"#))
        #expect(GatewayPreset.istio.series(of: odd).requests.contains(#"=~"a\\.b-x""#))
        let labels = ["zone": "a", "cluster": #"one "or" \two"#]
        for preset in GatewayPreset.allCases {
            let series = preset.series(of: route, labels: labels)
            for selector in [series.requests, series.errors, series.latencies].compactMap(\.self) {
                #expect(selector.contains(#",cluster="one \"or\" \\two",zone="a""#), "\(selector)")
            }
        }
    }
}
