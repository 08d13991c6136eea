package import Rollouts

/// The status of a deployment's instances.
package struct InstanceGroupStatus: Hashable, Sendable {
    package var wanted: Int
    /// Instances that are running or starting; draining ones are listed as not ready until they have ended.
    package var instances: [InstanceRoute]
    package var failed: Int
    /// Why the deployment is not ready; nil if there is no reason to report.
    package var reason: String?
    /// Set if the deployment has failed permanently, with one of Azure's codes (`ResourceNotReady`, `BadArgument`, …).
    package var failure: Failure?
    /// When the instances began to start, by ``InstanceClock``; nil while their environment is being built.
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
