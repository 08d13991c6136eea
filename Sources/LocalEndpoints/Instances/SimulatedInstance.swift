internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// One start of a simulated instance: cold for a while, then ready, and then whatever its profile has in store.
final class SimulatedInstance: Server {
    /// How long an instance takes to come up on this machine, where its profile says nothing.
    static let standardColdStart = Interval.seconds(1)

    private let server: SimulatedServer
    private let isNeverReady: Bool
    /// Set for the restart of one that has crashed: it crashes again, so that the fault stays to be seen.
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
                        // Cancelled: it was told to end before it came to that.
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
    /// As a profile wants its instances to be looked after.
    init(profile: DeploymentProfile, deployment: Name, count: Int) {
        // A playing profile changes by itself only where it flaps; nobody need ask the others once they are ready.
        let period: Interval = profile.fault == .flapping ? .seconds(1) : .hours(1)
        let probe = Probe(initialDelay: .zero, period: period, failureThreshold: 1)
        var instance = InstanceMachine.Settings(liveness: probe, readiness: probe)
        instance.liveness.initialDelay = .hours(24 * 365)
        instance.drain = .zero
        let coldStart = profile.readyAfter ?? SimulatedInstance.standardColdStart
        self.init(
            instance: instance,
            // The simulated backend's half hour passes at once; here somebody waits.
            startLimit: profile.fault == .neverReady ? profile.faultAfter ?? .seconds(10) : coldStart + .minutes(1))
        guard profile.fault == .quota else { return }
        refusal = InstanceGroupStatus.Failure(
            code: "OutOfQuota",
            message: "not enough quota available in the subscription: deployment \(deployment) needs "
                + "\((count * 6 + 4) / 5) instances, an upgrade's reserve included, and 0 are left")
    }
}
