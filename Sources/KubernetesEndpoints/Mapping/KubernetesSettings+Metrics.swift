package import Rollouts

extension KubernetesSettings {
    /// Where the gateway's counters of requests are read: `backends.kubernetes.metrics`.
    package struct MetricsChoice: Hashable, Sendable {
        /// The address of a Prometheus server.
        package var url: String
        package var source: Source
        /// What other labels of the counters must be, such as `cluster`.
        package var labels: [String: String] = [:]
        /// How long after it began a scrape's samples can be asked for at the latest; nil: as usual.
        package var delay: Interval?
        /// How the server lets its reader in, by key: names of environment variables and files, never a secret.
        package var access: [String: String] = [:]

        package enum Source: Hashable, Sendable {
            case preset(Preset)
            case queries(Queries)
        }

        /// Gateways whose counters are known.
        package enum Preset: String, Hashable, Sendable, CaseIterable {
            case envoyGateway = "envoy-gateway"
            case istio
            case nginxGatewayFabric = "nginx-gateway-fabric"
        }

        /// Counters of another gateway's, or of the model servers' own.
        package struct Queries: Hashable, Sendable {
            /// Selects the counter of all requests.
            package var requests: String
            /// Selects the counter of those that failed.
            package var errors: String
            /// Selects a histogram's `_bucket`; nil: there is none.
            package var latencies: String?
            /// How many milliseconds the unit of its `le` is.
            package var latencyUnit: Double
            /// The label that tells deployments apart.
            package var label: String
            /// Its value for a deployment; without one, the name of its Service.
            package var values: [Name: String]
        }

        /// True where the counters tell how long answers took.
        package var hasLatencies: Bool {
            switch source {
            case .preset(let preset): preset != .nginxGatewayFabric
            case .queries(let queries): queries.latencies != nil
            }
        }

        /// True where the gateway counts the backends of a rule one by one only if they have filters.
        var needsFilters: Bool { source == .preset(.envoyGateway) }
    }
}

extension KubernetesSettings.MetricsChoice {
    private static let own = ["prometheus", "preset", "queries", "labels", "delay"]

    /// Reads the mapping `metrics`; nil where it names no server, as an input without a default does.
    ///
    /// `accessKeys` are those that say how a server lets its reader in.
    init?(_ root: SettingsMembers, accessKeys: [String]) throws(KubernetesSettingsProblem) {
        guard let metrics = try root.inner("metrics", keys: Self.own + accessKeys) else { return nil }
        guard let url = try metrics.text("prometheus") else {
            guard metrics["prometheus"] == nil else { return nil }
            throw metrics.problem("prometheus", "is missing: the address of a server, such as http://127.0.0.1:9090")
        }
        self.url = url
        source = try Self.source(metrics)
        delay = try metrics.interval("delay")
        for (key, value) in try metrics.texts(of: "labels") {
            guard key.isIdentifier else {
                throw SettingsMembers.problem(["metrics", "labels", key], "is no name of a label")
            }
            labels[key] = value
        }
        for key in accessKeys { access[key] = try metrics.text(key) }
    }

    private static func source(_ metrics: SettingsMembers) throws(KubernetesSettingsProblem) -> Source {
        let queries = try metrics.inner(
            "queries", keys: ["requests", "errors", "latencies", "unit", "label", "values"])
        guard let word = try metrics.text("preset") else {
            guard let queries else {
                throw metrics.problem("preset", "is missing: possible are \(presets), or 'queries' of your own")
            }
            return .queries(try Self.queries(queries))
        }
        guard let preset = Preset(rawValue: word) else {
            throw metrics.problem("preset", "is '\(word)': possible are \(presets)")
        }
        guard queries == nil else { throw metrics.problem("queries", "stands beside 'preset': remove one of them") }
        return .preset(preset)
    }

    private static var presets: String { Preset.allCases.map(\.rawValue).joined(separator: ", ") }

    private static func queries(_ queries: SettingsMembers) throws(KubernetesSettingsProblem) -> Queries {
        var read: [String: String] = [:]
        for key in ["requests", "errors", "label"] {
            guard let text = try queries.text(key) else {
                throw queries.problem(
                    key, "is missing: 'requests' and 'errors' select counters, and 'label' tells deployments apart")
            }
            read[key] = text
        }
        let label = read["label"] ?? ""
        guard label.isIdentifier else { throw queries.problem("label", "is '\(label)', which is no name of a label") }
        let unit = try queries.text("unit") ?? "s"
        guard let milliseconds = ["s": 1000.0, "ms": 1][unit] else {
            throw queries.problem("unit", "is '\(unit)': the unit of the histogram's le is s or ms")
        }
        var values: [Name: String] = [:]
        for (key, value) in try queries.texts(of: "values") { values[Name(key)] = value }
        return Queries(
            requests: read["requests"] ?? "", errors: read["errors"] ?? "", latencies: try queries.text("latencies"),
            latencyUnit: milliseconds, label: label, values: values)
    }
}

extension SettingsMembers {
    /// The texts of an inner mapping, by key.
    fileprivate func texts(of key: String) throws(KubernetesSettingsProblem) -> [(key: String, value: String)] {
        guard let inner = try inner(key, keys: nil) else { return [] }
        var texts: [(key: String, value: String)] = []
        for key in inner.members.keys.sorted() {
            if let text = try inner.text(key) { texts.append((key, text)) }
        }
        return texts
    }

    fileprivate static func problem(_ path: [String], _ message: String) -> KubernetesSettingsProblem {
        KubernetesSettingsProblem(path: path, message: message)
    }
}
