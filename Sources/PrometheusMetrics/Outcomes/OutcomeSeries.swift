package import Rollouts

/// Which counters of a server tell what became of the requests to an endpoint's deployments.
///
/// The three are plain selectors (`http_requests_total{namespace="shop"}`), not expressions: they are read sample by
/// sample, so that a counter that begins anew is not taken for one that goes back.
package struct OutcomeSeries: Sendable {
    /// Of the counter of all requests.
    package var requests: String
    /// Of the counter of those that failed.
    package var errors: String
    /// Of a classic histogram's `_bucket`; nil where there is none.
    package var latencies: String?
    /// How many milliseconds the unit of the histogram's `le` is.
    package var latencyUnit: Double
    /// The label that tells deployments apart.
    package var label: String
    /// Whom a value of the label means; nil: none of the deployments.
    package var deployment: @Sendable (String) -> Name?
    /// What cannot be had of these counters, each in a sentence.
    package var limitations: [String] = []
    /// A selector that has data where ``requests`` has none for a known reason, and the reason.
    package var explanation: (selector: String, reason: String)?

    /// - Parameters:
    ///   - requests: Selects the counter of all requests.
    ///   - errors: Selects the counter of those that failed.
    ///   - latencies: Selects a histogram's `_bucket`.
    ///   - latencyUnit: Milliseconds that 1 of its `le` is: 1000 for seconds.
    ///   - label: Tells deployments apart.
    ///   - deployments: The label's value for each.
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
