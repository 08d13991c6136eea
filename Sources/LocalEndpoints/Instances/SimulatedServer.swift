package import Rollouts
package import SimulatedEndpoints

/// A deployment's profile, played by one instance in process.
package struct SimulatedServer: Hashable, Sendable {
    package var profile: DeploymentProfile
    /// When the instance became ready: faults that start later are counted from here.
    package var ready: Timestamp

    package init(profile: DeploymentProfile, ready: Timestamp) {
        self.profile = profile
        self.ready = ready
    }

    /// What a request that comes at `time` gets: how long it takes, and with what it is answered.
    package func answer(at time: Timestamp, using generator: inout some RandomNumberGenerator) -> SimulatedAnswer {
        SimulatedAnswer(nanoseconds: 0, status: 200, body: "{}")
    }
}

package struct SimulatedAnswer: Hashable, Sendable {
    package var nanoseconds: Int64
    /// What the model server answers, before the platform makes 424 of a failure.
    package var status: Int
    /// JSON.
    package var body: String

    package init(nanoseconds: Int64, status: Int, body: String) {
        self.nanoseconds = nanoseconds
        self.status = status
        self.body = body
    }
}
