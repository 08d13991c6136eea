internal import NIOCore
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// The state shared by all requests to one incarnation of a deployment, across event loops and routing tables.
final class DeploymentState: Sendable {
    let endpoint: Name
    let deployment: Name
    let incarnation: String

    private struct Shared: Sendable {
        var live = Admission<Instance, Waiter>()
        /// Copies have separate places, so that they never take one from a live request.
        var copies = Admission<Instance, Waiter>()
        var liveTally = OutcomeTally()
        var copyTally = OutcomeTally()
        var pairs = OutcomeReading.PairCounts()
        var droppedCopies = 0
        var instances: [Instance] = []
    }

    private let shared = Mutex(Shared())

    init(endpoint: Name, deployment: Name, incarnation: String) {
        self.endpoint = endpoint
        self.deployment = deployment
        self.incarnation = incarnation
    }

    /// The two kinds of requests: live requests and their mirrored copies.
    enum Side: Sendable {
        case live, copy
    }

    func enter(
        _ side: Side, at now: NIODeadline, isRetry: Bool = false, mayWaitForFirst: Bool = false, waiter: () -> Waiter
    ) -> Admission<Instance, Waiter>.Entry {
        shared.withLock { shared in
            switch side {
            case .live:
                shared.live.enter(
                    at: now.uptimeNanoseconds, isRetry: isRetry, mayWaitForFirst: mayWaitForFirst, waiter: waiter)
            case .copy: shared.copies.enter(at: now.uptimeNanoseconds, isRetry: isRetry, waiter: waiter)
            }
        }
    }

    /// Releases the place at `instance`; with `suspension`, other instances are preferred for that time.
    func leave(_ side: Side, _ instance: Instance, at now: NIODeadline, suspension: TimeAmount? = nil) {
        let next = shared.withLock { shared in
            if let suspension {
                let end = (now + suspension).uptimeNanoseconds
                shared.live.suspend(instance, until: end)
                shared.copies.suspend(instance, until: end)
            }
            return switch side {
            case .live: shared.live.leave(instance, at: now.uptimeNanoseconds)
            case .copy: shared.copies.leave(instance, at: now.uptimeNanoseconds)
            }
        }
        if let (instance, waiter) = next { waiter.seat(at: instance) }
    }

    /// Stops waiting; returns false if the request was assigned an instance in the meantime and is about to be
    /// notified.
    func abandon(_ side: Side, _ ticket: UInt64) -> Bool {
        shared.withLock { shared in
            switch side {
            case .live: shared.live.abandon(ticket)
            case .copy: shared.copies.abandon(ticket)
            }
        }
    }

    /// Counts a request and releases its place, if it has one.
    func end(
        _ side: Side, _ outcome: RequestOutcome, nanoseconds: UInt64, leaving instance: Instance?, at now: NIODeadline
    ) {
        let next = shared.withLock { shared in
            switch side {
            case .live:
                shared.liveTally.add(outcome, nanoseconds: nanoseconds)
                return instance.flatMap { shared.live.leave($0, at: now.uptimeNanoseconds) }
            case .copy:
                shared.copyTally.add(outcome, nanoseconds: nanoseconds)
                return instance.flatMap { shared.copies.leave($0, at: now.uptimeNanoseconds) }
            }
        }
        if let (instance, waiter) = next { waiter.seat(at: instance) }
    }

    /// Counts a pair of a copy and its live request.
    ///
    /// `agree` is `nil` unless both were answered.
    func countPair(live: MirrorPair.End, copy: MirrorPair.End, agree: Bool?) {
        shared.withLock { shared in
            shared.pairs.pairs += 1
            switch (live.answer == nil, copy.answer == nil) {
            case (true, true): shared.pairs.bothFailed += 1
            case (true, false): shared.pairs.onlyLiveFailed += 1
            case (false, true): shared.pairs.onlyMirrorFailed += 1
            case (false, false):
                shared.pairs.liveLatencies[OutcomeReading.latencyBin(ofNanoseconds: live.nanoseconds)] += 1
                shared.pairs.mirrorLatencies[OutcomeReading.latencyBin(ofNanoseconds: copy.nanoseconds)] += 1
                shared.pairs.compared += 1
                shared.pairs.disagreed += agree == false ? 1 : 0
            }
        }
    }

    func countDroppedCopy() { shared.withLock { $0.droppedCopies += 1 } }

    /// Replaces the instances; an instance with unchanged ID and target keeps its identity.
    func update(_ route: DeploymentRoute, at now: NIODeadline) -> [Instance] {
        let (instances, seated) = shared.withLock { shared in
            let updated = route.instances.map { instance in
                let present = shared.instances.first { $0.id == instance.id && $0.target == instance.target }
                return (instance: present ?? Instance(instance), isReady: instance.isReady)
            }
            shared.instances = updated.map(\.instance)
            let limit = route.requestSettings.maxConcurrentRequestsPerInstance
            let seated =
                shared.live.update(updated, limit: limit, at: now.uptimeNanoseconds)
                + shared.copies.update(updated, limit: limit, at: now.uptimeNanoseconds)
            return (shared.instances, seated)
        }
        for (instance, waiter) in seated { waiter.seat(at: instance) }
        return instances
    }

    var reading: DeploymentReading {
        shared.withLock { shared in
            DeploymentReading(
                endpoint: endpoint, deployment: deployment, incarnation: incarnation,
                inFlight: shared.live.inFlight, live: shared.liveTally.counts, copied: shared.copyTally.counts,
                mirrored: shared.pairs, droppedCopies: shared.droppedCopies)
        }
    }

    func inFlight(at target: InstanceTarget) -> Int {
        shared.withLock { shared in
            shared.live.seats.reduce(0) { $1.instance.target == target ? $0 + $1.busy : $0 }
        }
    }

    /// Returns a consistent snapshot for metrics.
    func observe() -> DeploymentObservation {
        shared.withLock { shared in
            DeploymentObservation(
                endpoint: endpoint.text, deployment: deployment.text, inFlight: shared.live.inFlight,
                waiting: shared.live.waiting, ready: shared.live.seats.count { $0.isReady },
                live: shared.liveTally, copies: shared.copyTally, pairs: shared.pairs,
                droppedCopies: shared.droppedCopies)
        }
    }
}

/// A snapshot of a deployment's numbers.
struct DeploymentObservation: Sendable {
    var endpoint: String
    var deployment: String
    var inFlight: Int
    var waiting: Int
    /// The number of instances that are ready for requests.
    var ready: Int
    var live: OutcomeTally
    var copies: OutcomeTally
    var pairs: OutcomeReading.PairCounts
    var droppedCopies: Int
}
