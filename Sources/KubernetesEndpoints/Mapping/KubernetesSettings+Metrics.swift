internal import PlaybookSyntax
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
    /// Reads the mapping `metrics`; nil where it names no server, as an input without a default does.
    init?(_ reader: SettingsReader) throws(SettingsProblem) {
        guard let url = reader.text("prometheus") else {
            guard !reader.members.isEmpty, reader.members["prometheus"] == nil else { return nil }
            throw reader.problem("prometheus", "is missing: the address of a server, such as http://127.0.0.1:9090")
        }
        self.url = url
        source = try Self.source(reader)
        delay = reader.interval("delay")
        if let labels = reader.mapping("labels") {
            for key in labels.keys where !key.isIdentifier { throw labels.problem(key, "is not the name of a label") }
            self.labels = labels.texts.filter { !$0.value.isEmpty }
        }
        for key in ObjectShape.prometheusAccess.map(\.key) { access[key] = reader.text(key) }
    }

    private static func source(_ reader: SettingsReader) throws(SettingsProblem) -> Source {
        let queries = reader["queries"] == nil ? nil : reader.mapping("queries")
        guard let preset: Preset = reader.word("preset") else {
            if let queries { return .queries(Queries(queries)) }
            throw reader.problem("preset", "is missing: add it, or 'queries' of your own")
        }
        guard queries == nil else { throw reader.problem("queries", "stands beside 'preset': remove one of them") }
        return .preset(preset)
    }
}

extension KubernetesSettings.MetricsChoice.Queries {
    fileprivate init(_ reader: SettingsReader) {
        requests = reader.text("requests") ?? ""
        errors = reader.text("errors") ?? ""
        latencies = reader.text("latencies")
        latencyUnit = reader.text("unit") == "ms" ? 1 : 1000
        label = reader.text("label") ?? ""
        values = [:]
        for (key, value) in reader.mapping("values")?.texts ?? [:] where !value.isEmpty { values[Name(key)] = value }
    }
}
