internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// One start of a simulated instance: cold at first, then ready, and then subject to its profile's fault.
final class SimulatedInstance: Server {
    /// How long an instance takes to become ready by default.
    static let standardColdStart = Interval.seconds(1)

    private let server: SimulatedServer
    private let isNeverReady: Bool
    /// Whether the server crashes at once: a restart after a crash crashes again, so that the fault remains visible.
    private let crashesAtOnce: Bool
    private let orders = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(_ profile: DeploymentProfile, index: Int, crashesAtOnce: Bool, at time: Timestamp) {
        server = SimulatedServer(
            profile: profile, ready: time + (profile.readyAfter ?? Self.standardColdStart), instance: index)
        isNeverReady = profile.fault == .neverReady
        self.crashesAtOnce = crashesAtOnce
    }

    var target: InstanceTarget { .simulated(server) }

    func run(launched: @escaping @Sendable () -> Void) async -> ServerEnd {
        guard !crashesAtOnce else { return .crash }
        launched()
        return await withTaskGroup(of: ServerEnd?.self) { group in
            group.addTask { [orders] in
                for await _ in orders.stream { break }
                return Task.isCancelled ? nil : ServerEnd(reason: "the server was stopped")
            }
            if let crash = server.crash {
                group.addTask {
                    do {
                        try await SystemClock().sleep(until: crash)
                        return .crash
                    } catch {
                        // Cancelled, because the server was stopped before the crash.
                        return nil
                    }
                }
            }
            let end = await group.next() ?? nil
            group.cancelAll()
            return end ?? ServerEnd(reason: "the server was stopped")
        }
    }

    func probe(_ kind: InstanceMachine.Kind, timeout: Interval) async -> String? {
        let now = SystemClock().now()
        switch kind {
        case .liveness: return nil
        case .readiness:
            guard !isNeverReady else { return "the readiness probe returned 502" }
            guard now >= server.ready else { return "the server is not up yet" }
            return server.isReady(at: now) ? nil : "the readiness probe returned 502"
        }
    }

    func end(isFinal: Bool) { orders.continuation.yield() }
}

extension ServerEnd {
    fileprivate static let crash = ServerEnd(reason: "the server ended with exit code 1")
}

extension InstanceGroupMachine.Settings {
    /// Creates the settings for instances with a simulation profile.
    init(profile: DeploymentProfile, deployment: Name, count: Int) {
        // Only flapping changes a server's readiness once it is ready; others need not be probed often.
        let period: Interval = profile.fault == .flapping ? .seconds(1) : .hours(1)
        let probe = Probe(initialDelay: .zero, period: period, failureThreshold: 1)
        var instance = InstanceMachine.Settings(liveness: probe, readiness: probe)
        instance.liveness.initialDelay = .hours(24 * 365)
        instance.drain = .zero
        let coldStart = profile.readyAfter ?? SimulatedInstance.standardColdStart
        self.init(
            instance: instance,
            // The simulated backend's default is half an hour of virtual time; here a person waits.
            startLimit: profile.fault == .neverReady ? profile.faultAfter ?? .seconds(10) : coldStart + .minutes(1))
        guard profile.fault == .quota else { return }
        refusal = InstanceGroupStatus.Failure(
            code: "OutOfQuota",
            message: "not enough quota available in the subscription: deployment \(deployment) needs "
                + "\((count * 6 + 4) / 5) instances, an upgrade's reserve included, and 0 are left")
    }
}
