package import Rollouts

/// Selectors of the counters that describe the outcomes of requests to an endpoint's deployments.
///
/// The three are plain selectors such as `http_requests_total{namespace="shop"}`, not expressions. They are read sample
/// by sample, so that counter resets are recognised.
package struct OutcomeSeries: Sendable {
    /// Selects the counter of all requests.
    package var requests: String
    /// Selects the counter of failed requests.
    package var errors: String
    /// Selects a classic histogram's `_bucket`; `nil` if there is none.
    package var latencies: String?
    /// Milliseconds per unit of the histogram's `le`.
    package var latencyUnit: Double
    /// The label that distinguishes deployments.
    package var label: String
    /// Maps a value of the label to a deployment; `nil` if it belongs to none.
    package var deployment: @Sendable (String) -> Name?
    /// Limitations of these counters, each as a sentence.
    package var limitations: [String] = []
    /// A selector that has data when ``requests`` has none for a known reason, and that reason.
    package var explanation: (selector: String, reason: String)?

    /// Creates the selectors of deployments that are identified by a label's value.
    ///
    /// - Parameters:
    ///   - requests: Selects the counter of all requests.
    ///   - errors: Selects the counter of failed requests.
    ///   - latencies: Selects a histogram's `_bucket`.
    ///   - latencyUnit: Milliseconds per unit of its `le`. Default: 1000, for seconds.
    ///   - label: The label that distinguishes deployments.
    ///   - deployments: The label's value for each deployment.
    package init(
        requests: String, errors: String, latencies: String? = nil, latencyUnit: Double = 1000, label: String,
        deployments: [Name: String]
    ) {
        let names = Dictionary(deployments.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        self.init(
            requests: requests, errors: errors, latencies: latencies, latencyUnit: latencyUnit, label: label
        ) { names[$0] }
    }

    init(
        requests: String, errors: String, latencies: String?, latencyUnit: Double, label: String,
        deployment: @escaping @Sendable (String) -> Name?
    ) {
        self.requests = requests
        self.errors = errors
        self.latencies = latencies
        self.latencyUnit = latencyUnit
        self.label = label
        self.deployment = deployment
    }
}
