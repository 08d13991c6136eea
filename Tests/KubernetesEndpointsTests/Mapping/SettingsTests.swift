import PlaybookSyntax
import Rollouts
import Testing

@testable import KubernetesEndpoints

@Suite("backends.kubernetes")
struct SettingsTests {
    @Test("everything that it may say")
    func all() throws {
        let settings = try KubernetesSettings([
            "context": "kind", "namespace": "models", "image": ["Blue": "a:1", "green": "b:2"],
            "gateway": ["name": "edge", "address": "http://127.0.0.1:8080/", "hostnames": ["houses.example"]],
            "instance_types": ["gpu": ["node_selector": ["pool": "gpu"], "resources": ["limits": ["cpu": 2]]]],
            "give_up": ["after": "30s", "unschedulable": "10m", "restarts": 5], "image_pull_secrets": ["hub"],
        ])
        #expect(settings.images == ["blue": "a:1", "green": "b:2"])
        #expect(settings.gateway?.address == "http://127.0.0.1:8080")
        #expect(settings.instanceTypes["gpu"]?.nodeSelector == ["pool": "gpu"])
        #expect(settings.giveUp == .init(after: .seconds(30), unschedulable: .minutes(10), restarts: 5))
    }

    @Test("durations are written as in the rest of the playbook", arguments: ["90s", "1m30s", "1.5m", "2s250ms"])
    func durations(text: String) throws {
        let interval = try Interval(durationText: text)
        let settings = try KubernetesSettings([
            "drain": .string(text), "give_up": ["after": .string(text), "unschedulable": .string(text)],
            "metrics": ["prometheus": "http://a", "preset": "istio", "delay": .string(text)],
        ])
        #expect(settings.drainSeconds == Int(interval.seconds.rounded(.up)))
        #expect(settings.metrics?.delay == interval)
        #expect(settings.giveUp.after == interval && settings.giveUp.unschedulable == interval)
    }

    @Test("what is not a duration is refused, with what would be right")
    func noDuration() {
        let problem = #expect(throws: SettingsProblem.self) { try KubernetesSettings(["drain": 30]) }
        #expect(
            problem?.message.hasPrefix("is wrong: drain: '30' has no unit; write a duration as 250ms, 10s") == true)
    }

    @Test("what is empty is not given, as an input without a default")
    func empty() throws {
        let settings = try KubernetesSettings([
            "namespace": "", "image": "", "gateway": ["name": "", "namespace": "", "address": ""],
        ])
        #expect(settings == KubernetesSettings())
        #expect(try KubernetesSettings(.null) == KubernetesSettings())
    }

    @Test("a route of the user's, with its rule by index or by name")
    func route() throws {
        #expect(try KubernetesSettings(["route": ["name": "shop", "rule": 1]]).route?.rule == .index(1))
        #expect(try KubernetesSettings(["route": ["name": "shop", "rule": "main"]]).route?.rule == .named("main"))
    }

    @Test(
        "what is wrong is said at its key",
        arguments: [
            (["namespaces": "x"], ["namespaces"]), (["namespace": "Models"], ["namespace"]),
            (["gateway": ["address": "http://x"]], ["gateway", "name"]),
            (["gateway": ["name": "edge", "address": "127.0.0.1:80"]], ["gateway", "address"]),
            (["route": ["name": "shop"]], ["route", "rule"]), (["give_up": ["after": "soon"]], ["give_up", "after"]),
            (
                ["instance_types": ["gpu": ["resources": ["limits": ["cpu": "much"]]]]],
                ["instance_types", "gpu", "resources", "limits", "cpu"]
            ),
        ] as [(Value, [String])])
    func wrong(value: Value, path: [String]) {
        let problem = #expect(throws: SettingsProblem.self) { try KubernetesSettings(value) }
        #expect(problem?.path == path)
    }

    @Test("the gateway's counters: a preset, or queries of one's own")
    func metrics() throws {
        let preset = try KubernetesSettings(
            [
                "metrics": [
                    "prometheus": "http://127.0.0.1:9090", "preset": "istio", "labels": ["cluster": "a \"b\""],
                    "token_env": "TOKEN", "delay": "30s",
                ]
            ]
        ).metrics
        #expect(preset?.source == .preset(.istio))
        #expect(preset?.labels == ["cluster": "a \"b\""] && preset?.access == ["token_env": "TOKEN"])
        #expect(preset?.delay == .seconds(30))
        let own = try KubernetesSettings([
            "metrics": [
                "prometheus": "http://127.0.0.1:9090",
                "queries": [
                    "requests": "r{a=\"b\"}", "errors": "e", "latencies": "l_bucket", "unit": "ms", "label": "version",
                    "values": ["Blue": "v1"],
                ],
            ]
        ]).metrics
        guard case .queries(let queries)? = own?.source else {
            Issue.record("no queries: \(String(describing: own))")
            return
        }
        #expect(queries.values == ["blue": "v1"] && queries.latencyUnit == 1 && queries.label == "version")
        #expect(own?.hasLatencies == true && own?.needsFilters == false)
        #expect(try KubernetesSettings(["metrics": ["prometheus": "", "preset": "istio"]]).metrics == nil)
    }

    @Test(
        "what is wrong with the counters is said at its key",
        arguments: [
            (["preset": "istio"], ["prometheus"]), (["prometheus": "http://a"], ["preset"]),
            (["prometheus": "http://a", "preset": "envoy"], ["preset"]),
            (["prometheus": "http://a", "preset": "istio", "queries": ["requests": "r"]], ["queries"]),
            (["prometheus": "http://a", "queries": ["requests": "r", "label": "x"]], ["queries"]),
            (
                ["prometheus": "http://a", "queries": ["requests": "r", "errors": "e", "label": "1x"]],
                ["queries", "label"]
            ),
            (
                ["prometheus": "http://a", "queries": ["requests": "r", "errors": "e", "label": "x", "unit": "us"]],
                ["queries", "unit"]
            ),
            (["prometheus": "http://a", "preset": "istio", "labels": ["a-b": "c"]], ["labels", "a-b"]),
            (["prometheus": "http://a", "preset": "istio", "delay": "soon"], ["delay"]),
            (["prometheus": "http://a", "preset": "istio", "token": "secret"], ["token"]),
            (["prometheus": "http://a", "preset": "istio", "token_env": ["x"]], ["token_env"]),
        ] as [(Value, [String])])
    func wrongMetrics(value: Value, path: [String]) {
        let problem = #expect(throws: SettingsProblem.self) {
            try KubernetesSettings(["metrics": value])
        }
        #expect(problem?.path == ["metrics"] + path)
    }

    @Test(
        "quantities compare by what they are",
        arguments: [("0.5Gi", "512Mi", true), ("0.1", "100m", true), ("1e3", "1k", true), ("1Gi", "1G", false)])
    func quantities(left: String, right: String, same: Bool) {
        #expect((Quantity(left) == Quantity(right)) == same)
        #expect(Quantity("much") == nil && Quantity("") == nil)
    }
}
