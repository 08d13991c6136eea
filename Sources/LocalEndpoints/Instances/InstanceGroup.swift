package import Rollouts

/// The instances of one deployment: starts, probes, restarts, scales and stops them.
package actor InstanceGroup {
    /// `changed` is called after every change of ``status``.
    package init(_ specification: InstanceSpecification, log: DeploymentLog, changed: @escaping @Sendable () -> Void) {}

    package var status: InstanceGroupStatus { InstanceGroupStatus(wanted: 0, instances: []) }

    /// Begins to start the wanted instances, and returns at once.
    package func start() {}

    /// Begins to start or to drain and end instances, and returns at once.
    package func scale(to count: Int) {}

    /// Ends every instance and waits until they are gone: SIGTERM, and after `grace` SIGKILL, to the process group.
    package func stop(grace: Interval) async {}
}

package struct InstanceGroupStatus: Sendable {
    package var wanted: Int
    /// Those that are up or coming up; what is being drained stays until it is gone, as not ready.
    package var instances: [InstanceRoute]
    package var failed: Int
    /// Why it isn't ready, in a sentence; nil when there is nothing to say.
    package var reason: String?
    /// Set once the deployment has failed for good, with a code of AZURE.md (`ResourceNotReady`, `BadArgument`, …).
    package var failure: Failure?

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
        wanted: Int, instances: [InstanceRoute], failed: Int = 0, reason: String? = nil, failure: Failure? = nil
    ) {
        self.wanted = wanted
        self.instances = instances
        self.failed = failed
        self.reason = reason
        self.failure = failure
    }
}
