internal import FoundationEssentials
internal import PrometheusMetrics
package import RolloutEngine
package import Rollouts

/// A cluster whose gateway counts requests, with a Prometheus server that scrapes the gateway.
///
/// Endpoints are those of the cluster; outcomes come from the counters.
package final class MeteredCluster: Backend, Sendable {
    private let base: KubernetesBackend
    private let metrics: KubernetesSettings.MetricsChoice
    private let client: PrometheusClient

    /// How long a gateway's workers and histograms may lag behind its status.
    ///
    /// Envoy updates its histograms every 5 s.
    private static let grace = Interval.seconds(7)
    /// The timeout of one query.
    ///
    /// A run queries every second.
    private static let timeout = Interval.seconds(5)

    /// - Throws: ``PrometheusServer/AccessProblem`` or ``PrometheusError`` if the server's settings are invalid.
    package init(
        _ base: KubernetesBackend, _ metrics: KubernetesSettings.MetricsChoice,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        self.base = base
        self.metrics = metrics
        client = try PrometheusClient(
            PrometheusServer(
                url: metrics.url, access: metrics.access, environment: environment, timeout: Self.timeout),
            environment: environment)
    }

    package func close() async { await client.close() }

    package var capabilities: Capabilities { KubernetesBackend.capabilities(metrics) }

    package func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot? {
        try await base.observe(endpoint)
    }

    package func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError) {
        try await base.apply(change, to: endpoint, as: context)
    }

    package func invoke(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) async throws
        -> InferenceResponse
    {
        try await base.invoke(endpoint, deployment: deployment, request)
    }

    package func logs(of endpoint: Name, deployment: Name, tail: Int) async throws(BackendError) -> [LogLine] {
        try await base.logs(of: endpoint, deployment: deployment, tail: tail)
    }

    package func outcomes(of endpoint: Name, since cursor: Int?) async throws(BackendError) -> OutcomeReading {
        guard let rule = try await base.trafficRule(of: endpoint) else {
            return OutcomeReading(cursor: cursor ?? 0, continuity: .lost)
        }
        do throws(PrometheusError) {
            var reading = try await source(endpoint, rule).outcomes(since: cursor)
            reading.countedTo = reading.countedTo.map { $0 - Self.grace }
            return reading
        } catch {
            throw BackendError(.unavailable, "outcomes of requests: \(error)")
        }
    }

    /// Checks the metrics server.
    ///
    /// `findings` are the reasons why it cannot report outcomes, each in a sentence. `isKnown` is false if `endpoint`
    /// has no
    /// route yet, after which counters are named, so that only the connection was checked.
    ///
    /// - Throws: An error of the server or the cluster.
    package func state(of endpoint: Name?) async throws -> (findings: [String], isKnown: Bool) {
        if let endpoint, let rule = try await base.trafficRule(of: endpoint) {
            return (try await source(endpoint, rule).findings(), true)
        }
        _ = try await PrometheusQuery("vector(1)", of: client).reading()
        return ([], false)
    }

    private func source(_ endpoint: Name, _ rule: TrafficRule) -> PrometheusOutcomes {
        var outcomes = PrometheusOutcomes(series(endpoint, rule), of: client)
        if let delay = metrics.delay { outcomes.settling = delay }
        return outcomes
    }

    private func series(_ endpoint: Name, _ rule: TrafficRule) -> OutcomeSeries {
        switch metrics.source {
        case .preset(let preset):
            let route = GatewayPreset.Route(
                endpoint: endpoint, namespace: rule.namespace, name: rule.route, rule: rule.index,
                backends: rule.backends.map { .init($0.deployment, service: $0.service) })
            return preset.known.series(of: route, labels: metrics.labels)
        case .queries(let queries):
            let values = rule.backends.map { ($0.deployment, queries.values[$0.deployment] ?? $0.service) }
            return OutcomeSeries(
                requests: queries.requests, errors: queries.errors, latencies: queries.latencies,
                latencyUnit: queries.latencyUnit, label: queries.label,
                deployments: Dictionary(values, uniquingKeysWith: { first, _ in first }))
        }
    }
}

extension KubernetesSettings.MetricsChoice.Preset {
    fileprivate var known: GatewayPreset {
        switch self {
        case .envoyGateway: .envoyGateway
        case .istio: .istio
        case .nginxGatewayFabric: .nginxGatewayFabric
        }
    }
}
