internal import FoundationEssentials
internal import PrometheusMetrics
internal import RolloutStatistics
internal import Rollouts

/// Asks the Prometheus servers of an analysis' queries, each by one client that lives as long as the run.
///
/// Secrets never stand in a playbook: a bearer token is `TURNOUT_PROMETHEUS_TOKEN`'s, or stands in the file that
/// `TURNOUT_PROMETHEUS_TOKEN_FILE` names; `TURNOUT_PROMETHEUS_USER` and `TURNOUT_PROMETHEUS_PASSWORD` (or
/// `…_PASSWORD_FILE`) are for basic auth. `TURNOUT_PROMETHEUS_CA` names a PEM file of authorities.
actor QuerySignals {
    private let environment: [String: String]
    private var clients: [String: PrometheusClient] = [:]

    /// Longer than a scrape is behind, and short beside the second between two readings.
    private static let timeout = Interval.seconds(5)

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// The query's value, or why there is none.
    func read(_ limits: PrometheusLimits) async -> Reading.Signal {
        do throws(PrometheusError) {
            let reading = try await PrometheusQuery(limits.query, of: client(for: limits.url)).reading()
            if let value = reading.value { return .value(value) }
            return .missing(reading.missing ?? "the query has no value")
        } catch {
            return .missing("\(error)")
        }
    }

    func close() async {
        for client in clients.values { await client.close() }
        clients = [:]
    }

    private func client(for url: String) throws(PrometheusError) -> PrometheusClient {
        if let client = clients[url] { return client }
        let client = try PrometheusClient(
            PrometheusServer(
                url: url, credentials: credentials, authorityFile: environment["TURNOUT_PROMETHEUS_CA"],
                timeout: Self.timeout),
            environment: environment)
        clients[url] = client
        return client
    }

    private var credentials: PrometheusCredentials {
        if let token = secret("TURNOUT_PROMETHEUS_TOKEN") { return .bearer(token) }
        guard let user = environment["TURNOUT_PROMETHEUS_USER"], let password = secret("TURNOUT_PROMETHEUS_PASSWORD")
        else { return .none }
        return .basic(user: user, password)
    }

    private func secret(_ name: String) -> PrometheusCredentials.Secret? {
        if environment[name] != nil { return .environment(name) }
        return environment[name + "_FILE"].map { .file($0) }
    }
}
