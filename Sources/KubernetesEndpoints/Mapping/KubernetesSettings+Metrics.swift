internal import PlaybookSyntax
package import Rollouts

extension KubernetesSettings {
    /// The source of the gateway's request counters: `backends.kubernetes.metrics`.
    package struct MetricsChoice: Hashable, Sendable {
        /// The address of a Prometheus server.
        package var url: String
        package var source: Source
        /// Values that other labels of the counters must have, such as `cluster`.
        package var labels: [String: String] = [:]
        /// How long after a scrape began its samples are available at the latest; `nil` for the default.
        package var delay: Interval?
        /// Access settings by key: names of environment variables and files, never a secret.
        package var access: [String: String] = [:]

        package enum Source: Hashable, Sendable {
            case preset(Preset)
            case queries(Queries)
        }

        /// Gateways with known counters.
        package enum Preset: String, Hashable, Sendable, CaseIterable {
            case envoyGateway = "envoy-gateway"
            case istio
            case nginxGatewayFabric = "nginx-gateway-fabric"
        }

        /// Counters of another gateway, or of the model servers.
        package struct Queries: Hashable, Sendable {
            /// Selects the counter of all requests.
            package var requests: String
            /// Selects the counter of failed requests.
            package var errors: String
            /// Selects a histogram's `_bucket`; `nil` if there is none.
            package var latencies: String?
            /// Milliseconds per unit of the histogram's `le`.
            package var latencyUnit: Double
            /// The label that distinguishes deployments.
            package var label: String
            /// The label's value for each deployment.
            ///
            /// Default: the name of its Service.
            package var values: [Name: String]
        }

        /// Whether the counters include latencies.
        package var hasLatencies: Bool {
            switch source {
            case .preset(let preset): preset != .nginxGatewayFabric
            case .queries(let queries): queries.latencies != nil
            }
        }

        /// Whether the gateway counts the backends of a rule separately only if they have filters.
        var needsFilters: Bool { source == .preset(.envoyGateway) }
    }
}

extension KubernetesSettings.MetricsChoice {
    /// Reads the mapping `metrics`; fails if it names no server, as with an input without a default.
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
            throw reader.problem("preset", "is missing: add it, or define your own 'queries'")
        }
        guard queries == nil else {
            throw reader.problem("queries", "cannot be combined with 'preset': remove one of them")
        }
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
