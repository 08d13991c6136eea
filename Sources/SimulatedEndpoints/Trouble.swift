package import Rollouts

/// How much worse a server answers than normally.
package struct Trouble: Codable, Hashable, Sendable {
    /// The factor by which every response takes longer.
    package var latencyFactor: Double
    /// The share of requests that fail because of it, 0 to 1, independently of other failures.
    package var errors: Double

    package init(latencyFactor: Double = 1, errors: Double = 0) {
        self.latencyFactor = latencyFactor
        self.errors = errors
    }

    /// Combines both troubles.
    func joined(with other: Self) -> Self {
        Self(
            latencyFactor: latencyFactor * other.latencyFactor,
            errors: errors + other.errors - errors * other.errors)
    }

    /// Returns `amount` times the trouble.
    func scaled(by amount: Double) -> Self {
        Self(
            latencyFactor: min(1 + (latencyFactor - 1) * amount, Self.largestFactor), errors: min(errors * amount, 1))
    }

    static let largestFactor = 1000.0
}

/// Trouble that grows in proportion to the age of an instance.
///
/// It equals ``trouble`` after ``period``, and twice as much after twice the time.
package struct Leak: Codable, Hashable, Sendable {
    package var period: Interval
    package var trouble: Trouble

    package init(period: Interval, trouble: Trouble) {
        self.period = period
        self.trouble = trouble
    }
}

/// Trouble for a while after an instance becomes ready.
package struct ColdStart: Codable, Hashable, Sendable {
    package var length: Interval
    package var trouble: Trouble

    package init(length: Interval, trouble: Trouble) {
        self.length = length
        self.trouble = trouble
    }
}

/// Trouble while an instance receives more live requests per second than a limit.
///
/// Copies and requests that name their deployment neither count nor are affected, so neither a test nor a mirror
/// reveals it.
package struct Overload: Codable, Hashable, Sendable {
    package var limit: Double
    package var trouble: Trouble

    package init(limit: Double, trouble: Trouble) {
        self.limit = limit
        self.trouble = trouble
    }
}

/// Trouble that affects all simulated deployments of an endpoint at the same time, such as a network or database
/// failure.
package struct Incident: Codable, Hashable, Sendable {
    /// The start, measured from when the clients began to send.
    package var begin: Interval
    package var length: Interval
    package var trouble: Trouble

    package init(begin: Interval, length: Interval, trouble: Trouble) {
        self.begin = begin
        self.length = length
        self.trouble = trouble
    }
}

/// A fixed number of users, each of whom is always served by the same deployment.
package struct Users: Codable, Hashable, Sendable {
    package var count: Int
    /// The number of users whose requests no deployment can answer.
    package var failing: Int
    /// The seed for assigning users to deployments.
    var seed: UInt64 = 0

    package init(count: Int, failing: Int = 0) {
        self.count = count
        self.failing = failing
    }
}

/// What an answer depends on apart from chance.
package struct Circumstances: Hashable, Sendable {
    /// The time since the instance became ready.
    package var age: Interval
    /// The instance's number, starting at 0.
    package var instance: Int
    /// The time since the endpoint's clients began to send, or `nil` if there were none yet.
    package var loadAge: Interval?
    /// Live requests per second to this instance; 0 for a request that is not live.
    package var liveRate: Double

    package init(age: Interval, instance: Int, loadAge: Interval?, liveRate: Double) {
        self.age = age
        self.instance = instance
        self.loadAge = loadAge
        self.liveRate = liveRate
    }
}

extension DeploymentProfile {
    /// Whether it answers the same way at all times, on every instance and under any load.
    package var isSteady: Bool {
        leak == nil && coldStart == nil && badInstance == nil && overload == nil && incidents.isEmpty
    }

    /// Returns the trouble in `circumstances`, apart from ``fault``.
    package func trouble(in circumstances: Circumstances) -> Trouble {
        var trouble = Trouble()
        if let leak, circumstances.age > .zero {
            trouble = trouble.joined(with: leak.trouble.scaled(by: circumstances.age.seconds / leak.period.seconds))
        }
        if let coldStart, circumstances.age < coldStart.length { trouble = trouble.joined(with: coldStart.trouble) }
        if let badInstance, circumstances.instance == 0 { trouble = trouble.joined(with: badInstance) }
        if let overload, circumstances.liveRate > overload.limit { trouble = trouble.joined(with: overload.trouble) }
        guard let loadAge = circumstances.loadAge else { return trouble }
        for incident in incidents where loadAge >= incident.begin && loadAge < incident.begin + incident.length {
            trouble = trouble.joined(with: incident.trouble)
        }
        return trouble
    }
}
