internal import FoundationEssentials
package import RolloutStatistics
internal import Rollouts

/// Evaluates the queries of an analysis on their Prometheus servers, with one client per server for the whole run.
package actor QuerySignals {
    private let environment: [String: String]
    private var clients: [Key: PrometheusClient] = [:]

    private struct Key: Hashable {
        package var url: String
        package var access: [String: String]
    }

    /// Longer than a scrape lags behind, and short compared with the pause between two readings.
    private static let timeout = Interval.seconds(5)

    package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// The query's value, or the reason why there is none.
    package func read(_ limits: PrometheusLimits) async -> Reading.Signal {
        do {
            let reading = try await PrometheusQuery(limits.query, of: client(for: limits)).reading()
            if let value = reading.value { return .value(value) }
            return .missing(reading.missing ?? "the query has no value")
        } catch {
            return .missing("\(error)")
        }
    }

    package func close() async {
        for client in clients.values { await client.close() }
        clients = [:]
    }

    private func client(for limits: PrometheusLimits) throws -> PrometheusClient {
        let key = Key(url: limits.url, access: limits.access ?? [:])
        if let client = clients[key] { return client }
        let client = try PrometheusClient(
            PrometheusServer(url: key.url, access: key.access, environment: environment, timeout: Self.timeout),
            environment: environment)
        clients[key] = client
        return client
    }
}
