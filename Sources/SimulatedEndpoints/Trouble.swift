package import Rollouts

/// By how much worse a server answers than when all is well.
package struct Trouble: Codable, Hashable, Sendable {
    /// Every answer takes so many times as long.
    package var latencyFactor: Double
    /// The share of requests that fail by it, 0 to 1, whatever else makes requests fail.
    package var errors: Double

    package init(latencyFactor: Double = 1, errors: Double = 0) {
        self.latencyFactor = latencyFactor
        self.errors = errors
    }

    /// Both at once.
    func joined(with other: Self) -> Self {
        Self(
            latencyFactor: latencyFactor * other.latencyFactor,
            errors: errors + other.errors - errors * other.errors)
    }

    /// `amount` times as much of it.
    func scaled(by amount: Double) -> Self {
        Self(
            latencyFactor: min(1 + (latencyFactor - 1) * amount, Self.largestFactor), errors: min(errors * amount, 1))
    }

    static let largestFactor = 1000.0
}

/// Grows in proportion to the time since the instance became ready: after ``period`` it is ``trouble``, after twice
/// as long twice as much.
package struct Leak: Codable, Hashable, Sendable {
    package var period: Interval
    package var trouble: Trouble

    package init(period: Interval, trouble: Trouble) {
        self.period = period
        self.trouble = trouble
    }
}

/// For a while after an instance became ready.
package struct ColdStart: Codable, Hashable, Sendable {
    package var length: Interval
    package var trouble: Trouble

    package init(length: Interval, trouble: Trouble) {
        self.length = length
        self.trouble = trouble
    }
}

/// While an instance gets more than so many live requests a second; copies and requests that name their deployment
/// neither count nor feel it, so that neither a test nor a mirror finds it.
package struct Overload: Codable, Hashable, Sendable {
    package var limit: Double
    package var trouble: Trouble

    package init(limit: Double, trouble: Trouble) {
        self.limit = limit
        self.trouble = trouble
    }
}

/// Something that hits every simulated deployment of an endpoint at the same time: a network, a database.
package struct Incident: Codable, Hashable, Sendable {
    /// Since the clients began to send.
    package var begin: Interval
    package var length: Interval
    package var trouble: Trouble

    package init(begin: Interval, length: Interval, trouble: Trouble) {
        self.begin = begin
        self.length = length
        self.trouble = trouble
    }
}

/// Clients that are so many people, each of whom is always answered by the same deployment.
package struct Users: Codable, Hashable, Sendable {
    package var count: Int
    /// How many of them send what no deployment can answer.
    package var failing: Int
    /// Of the dealing out.
    var seed: UInt64 = 0

    package init(count: Int, failing: Int = 0) {
        self.count = count
        self.failing = failing
    }
}

/// What an answer depends on beside chance.
package struct Circumstances: Hashable, Sendable {
    /// Since the instance became ready.
    package var age: Interval
    /// The instance's number, from 0.
    package var instance: Int
    /// Since the endpoint's clients began to send; nil where there were none yet.
    package var loadAge: Interval?
    /// Live requests a second to this instance; 0 for a request that is no live one.
    package var liveRate: Double

    package init(age: Interval, instance: Int, loadAge: Interval?, liveRate: Double) {
        self.age = age
        self.instance = instance
        self.loadAge = loadAge
        self.liveRate = liveRate
    }
}

extension DeploymentProfile {
    /// True where it answers alike at all times, on every instance and under any load.
    package var isSteady: Bool {
        leak == nil && coldStart == nil && badInstance == nil && overload == nil && incidents.isEmpty
    }

    /// What is wrong in `circumstances`, beside ``fault``.
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
