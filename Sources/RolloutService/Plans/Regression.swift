internal import Rollouts
package import SimulatedEndpoints

/// A typical way in which a candidate is worse than the control; a rehearsal shows when a playbook would catch it.
package struct Regression: Sendable {
    /// A verb phrase about the candidate: `fails 5 % more`.
    package var name: String
    /// Applies the regression to the profile of a simulated deployment.
    package var applyRegression: @Sendable (inout DeploymentProfile) -> Void

    package static let typical = [
        Regression(name: "fails 5 % more") { $0.errors = min($0.errors + 0.05, 1) },
        Regression(name: "fails five times as often") { $0.errors = min(max($0.errors, 0.005) * 5, 1) },
        Regression(name: "fails half the time") { $0.errors = min($0.errors + 0.5, 1) },
        Regression(name: "10 % slower") { $0.latency = $0.latency.scaled(by: 1.1) },
        Regression(name: "30 % slower") { $0.latency = $0.latency.scaled(by: 1.3) },
        Regression(name: "twice as slow") { $0.latency = $0.latency.scaled(by: 2) },
    ]
}

extension DeploymentProfile.Latency {
    fileprivate func scaled(by factor: Double) -> Self {
        Self(p50: Interval(seconds: p50.seconds * factor), p99: Interval(seconds: p99.seconds * factor))
    }
}
