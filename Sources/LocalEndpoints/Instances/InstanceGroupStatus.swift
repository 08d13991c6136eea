package import Rollouts

/// How a deployment's instances are.
package struct InstanceGroupStatus: Hashable, Sendable {
    package var wanted: Int
    /// Those that are up or coming up; what is being drained stays until it is gone, as not ready.
    package var instances: [InstanceRoute]
    package var failed: Int
    /// Why it isn't ready, in a sentence; nil when there is nothing to say.
    package var reason: String?
    /// Set once the deployment has failed for good, with one of Azure's codes (`ResourceNotReady`, `BadArgument`, …).
    package var failure: Failure?
    /// Since when instances have been coming up, by the clock of instances; nil while their environment is built.
    package var begun: Timestamp?

    package struct Failure: Hashable, Sendable {
        package var code: String
        package var message: String

        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    package var ready: Int { instances.count { $0.isReady } }

    package init(
        wanted: Int, instances: [InstanceRoute], failed: Int = 0, reason: String? = nil, failure: Failure? = nil,
        begun: Timestamp? = nil
    ) {
        self.wanted = wanted
        self.instances = instances
        self.failed = failed
        self.reason = reason
        self.failure = failure
        self.begun = begun
    }
}
