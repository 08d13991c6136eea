internal import Rollouts

/// What is known of a wait: since when, and what was told of its reason.
///
/// A short wait needs no words; a reason that changes all the time is told now and then.
struct WaitWatch: Sendable {
    private var since: Timestamp?
    private var told: (reason: String, at: Timestamp)?
    /// True from the telling until it is made durable.
    var isTold = false

    /// How long a wait lasts before its reason is told, and how long before another one is.
    static let pause = Interval.seconds(10)

    /// True where `reason` is to be told now, which then counts as told.
    mutating func isToTell(_ reason: String?, at now: Timestamp) -> Bool {
        let since = since ?? now
        self.since = since
        guard let reason, now - since >= Self.pause, reason != told?.reason else { return false }
        if let told, now - told.at < Self.pause { return false }
        told = (reason, now)
        return true
    }
}

extension EndpointSnapshot {
    /// What the backend says of whatever is not as it should be; nil where it says nothing.
    var trouble: String? {
        let words = deployments.compactMap { deployment in
            deployment.isReady ? nil : deployment.reason.map { "deployment \(deployment.name): \($0)" }
        }
        return ([reason].compactMap(\.self) + words).first
    }
}
