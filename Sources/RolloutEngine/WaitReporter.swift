internal import Rollouts

/// Decides when to report why a run is waiting.
///
/// Short waits are not reported, and a reason that changes constantly is reported only now and then.
struct WaitReporter: Sendable {
    private var since: Timestamp?
    private var told: (reason: String, at: Timestamp)?
    /// Whether a report was made that is not durable yet.
    var isTold = false

    /// How long a wait lasts before its reason is reported, and the shortest time between two reports.
    static let pause = Interval.seconds(10)

    /// Returns whether to report `reason` now; if so, it counts as reported.
    mutating func shouldReport(_ reason: String?, at now: Timestamp) -> Bool {
        let since = since ?? now
        self.since = since
        guard let reason, now - since >= Self.pause, reason != told?.reason else { return false }
        if let told, now - told.at < Self.pause { return false }
        told = (reason, now)
        return true
    }
}

extension EndpointSnapshot {
    /// What the backend says about anything that is not as it should be, or `nil` if it says nothing.
    var trouble: String? {
        let words = deployments.compactMap { deployment in
            deployment.isReady ? nil : deployment.reason.map { "deployment \(deployment.name): \($0)" }
        }
        return ([reason].compactMap(\.self) + words).first
    }
}
