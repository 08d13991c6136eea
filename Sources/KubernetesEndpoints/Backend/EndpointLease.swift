package import RolloutEngine
package import Rollouts

/// A lease of `coordination.k8s.io` that coordinates the runners of all machines that work on an endpoint.
///
/// A taken lease belongs to its holder for ``duration`` after the last renewal. It also names the run that has not
/// ended,
/// so that no other home starts a run while that one is held or waits for people. It is written conditionally on the
/// state
/// that was read: if two runners take it at once, one succeeds and the other reads it again.
package struct EndpointLease: Sendable {
    let client: KubernetesClient
    let namespace: String
    let endpoint: Name
    let clock: any RunClock

    package init(client: KubernetesClient, namespace: String, endpoint: Name, clock: any RunClock) {
        self.client = client
        self.namespace = namespace
        self.endpoint = endpoint
        self.clock = clock
    }

    /// How long a holder that does not renew the lease counts as alive.
    package static let duration = Interval.seconds(30)
    package static let renewal = Interval.seconds(8)
    private static let tries = 6

    /// The process that takes the lease.
    package struct Claimant: Hashable, Sendable {
        /// The ID of the state folder; the lease does not restrict further runs of the same home, which its journal
        /// manages.
        package var home: String
        /// The holder's ID, equal for all processes that share one journal on one machine, which detects dead holders.
        package var holder: String
        /// The user and host: `alice@host`.
        package var who: String
        /// The ID of the run, or the ID under which manual changes are recorded.
        package var run: RunID
        /// Whether it is a run, which may be left unfinished.
        package var isRun: Bool

        package init(home: String, holder: String, who: String, run: RunID, isRun: Bool) {
            self.home = home
            self.holder = holder
            self.who = who
            self.run = run
            self.isRun = isRun
        }
    }

    /// The reason why the lease cannot be taken.
    package enum Taken: Error, Hashable, Sendable {
        /// The holder is alive; `epoch` is the holder's.
        case alive(who: String, since: Timestamp?, silent: Interval, epoch: Int)
        /// No process works on the endpoint, but a run of another home has not ended.
        case unfinished(run: String, who: String)
        /// A holder that was to be overtaken has renewed the lease.
        case spoke(who: String)
    }

    private var name: String { "turnout-" + ObjectNames.route(of: endpoint) }

    /// Takes the lease.
    ///
    /// It takes over from a holder that is silent, and from this claimant itself.
    ///
    /// - Parameters:
    ///   - claimant: The process that takes it.
    ///   - takeOver: Whether to wait until a living holder has been silent for ``duration`` and then replace it, and to
    ///     replace a run that has not ended.
    ///   - seen: The latest epoch in the endpoint's objects.
    ///   - waiting: Called with the holder that is waited for.
    ///   - epoch: Raises the claimant's epoch above the given one and returns it.
    /// - Throws: ``Taken``, ``KubernetesError``, and errors of `epoch`.
    /// - Returns: The epoch.
    package func take(
        by claimant: Claimant, takeOver: Bool, above seen: Int, waiting: (String) -> Void = { _ in },
        epoch: (Int) throws -> Int
    ) async throws -> Int {
        var silence = Silence()
        for _ in 1...Self.tries {
            let live = try await admitted(claimant, takeOver: takeOver, &silence, waiting)
            let epoch = try epoch(max(seen, live?.epoch ?? 0))
            do {
                try await write(claimant, epoch, over: live)
                return epoch
            } catch let error as KubernetesError where [.conflict, .alreadyExists].contains(error.code) {
                continue
            }
        }
        throw KubernetesError(.conflict, "the Lease \(name) keeps being changed by other clients")
    }

    /// The lease once the claimant may take it; `nil` if it does not exist.
    private func admitted(
        _ claimant: Claimant, takeOver: Bool, _ silence: inout Silence, _ waiting: (String) -> Void
    ) async throws -> KubernetesObject? {
        while let live = try await client.get(.leases, name, in: namespace) {
            let standing = LeaseContents(live)
            let silent = max(standing.renewed.map { clock.now() - $0 } ?? Self.duration, .zero)
            if let holder = standing.holder, standing.token != claimant.holder, silent < Self.duration {
                guard takeOver else {
                    throw Taken.alive(who: holder, since: standing.since, silent: silent, epoch: live.epoch)
                }
                switch silence.note(standing.renewed, now: clock.now()) {
                case .begun: waiting(holder)
                case .broken: throw Taken.spoke(who: holder)
                case .enough: return live
                case .waits: break
                }
                try await clock.sleep(until: clock.now() + .milliseconds(500))
                continue
            }
            if claimant.isRun, !takeOver, let run = standing.unfinished, standing.home != claimant.home {
                throw Taken.unfinished(run: run, who: standing.owner ?? "an unknown user")
            }
            return live
        }
        return nil
    }

    private func write(_ claimant: Claimant, _ epoch: Int, over live: KubernetesObject?) async throws {
        let now = Value.string(Self.text(clock.now()))
        var annotations = [
            Mark.epoch: "\(epoch)", Mark.run: "\(claimant.run)", LeaseContents.tokenKey: claimant.holder,
        ]
        if claimant.isRun {
            annotations[LeaseContents.unfinishedKey] = "\(claimant.run)"
            annotations[LeaseContents.homeKey] = claimant.home
            annotations[LeaseContents.ownerKey] = claimant.who
        }
        let spec: Value = [
            "holderIdentity": .string("\(claimant.who) \(claimant.run)"),
            "leaseDurationSeconds": .integer(Int(Self.duration.milliseconds / 1000)), "acquireTime": now,
            "renewTime": now, "leaseTransitions": .integer((live?["spec", "leaseTransitions"]?.integer ?? -1) + 1),
        ]
        guard let live else {
            let object = KubernetesObject(
                .leases, name: name, namespace: namespace, labels: Mark.labels(of: endpoint),
                annotations: annotations, ["spec": spec])
            try await client.create(.leases, object)
            return
        }
        guard live.labels[Mark.managedBy] == Mark.manager, live.labels[Mark.name] == ObjectNames.folded(endpoint)
        else {
            throw BackendError(
                .refused,
                "the Lease \(name) already exists and was not created by Turnout: delete it, or rename the endpoint")
        }
        try await patch(live, live.annotating(annotations) + [.add("/spec", spec)])
    }

    /// Renews the lease of `epoch`; returns false if `holder` no longer holds it.
    package func renew(_ epoch: Int, of holder: String) async throws -> Bool {
        try await change(epoch, holder) { _ in
            [.add("/spec/renewTime", .string(Self.text(clock.now())))]
        }
    }

    /// Returns the lease if it still belongs to the holder.
    ///
    /// A run that has not ended remains recorded.
    ///
    /// If the endpoint no longer exists, the lease is deleted too.
    package func release(
        _ epoch: Int, of holder: String, for run: RunID, isFinished: Bool, isEndpointGone: Bool
    ) async throws {
        let released = try await change(epoch, holder) { live in
            // Remove the member, as in a lease that was never held: newer servers reject an empty name.
            var operations = [PatchOperation.remove("/spec/holderIdentity")]
            if isFinished, LeaseContents(live).unfinished == "\(run)" {
                operations.append(
                    .remove("/metadata/annotations/" + PatchOperation.escaped(LeaseContents.unfinishedKey)))
            }
            return operations
        }
        guard released, isEndpointGone, let live = try await client.get(.leases, name, in: namespace),
            LeaseContents(live).holder == nil, LeaseContents(live).unfinished == nil
        else { return }
        do {
            try await client.delete(
                .leases, name, in: namespace, uid: live.uid, resourceVersion: live.resourceVersion,
                propagation: .background)
        } catch let error as KubernetesError where error.code == .conflict {
            // Another process has just taken it.
            return
        }
    }

    /// Patches the lease while the holder has it; returns false otherwise.
    private func change(
        _ epoch: Int, _ holder: String, _ operations: (KubernetesObject) -> [PatchOperation]
    ) async throws -> Bool {
        for _ in 1...Self.tries {
            guard let live = try await client.get(.leases, name, in: namespace), live.epoch == epoch,
                LeaseContents(live).token == holder, LeaseContents(live).holder != nil
            else { return false }
            do {
                try await patch(
                    live,
                    [.test("/metadata/resourceVersion", .string(live.resourceVersion ?? ""))]
                        + operations(live))
                return true
            } catch let error as KubernetesError where error.code == .conflict {
                continue
            }
        }
        throw KubernetesError(.conflict, "the Lease \(name) keeps being changed by other clients")
    }

    /// Patches the lease.
    ///
    /// A failed `test` is reported as invalid, which means that the lease has changed: a conflict.
    private func patch(_ live: KubernetesObject, _ operations: [PatchOperation]) async throws {
        do {
            try await client.patch(.leases, name, in: namespace, operations)
        } catch let error as KubernetesError where [.invalid, .notFound].contains(error.code) {
            let now = try await client.get(.leases, name, in: namespace)
            guard now?.resourceVersion != live.resourceVersion else { throw error }
            throw KubernetesError(.conflict, error.message, status: error.status, request: error.request)
        }
    }

    /// The MicroTime format, for which Kubernetes requires exactly six fractional digits.
    static func text(_ moment: Timestamp) -> String { moment.description.dropLast() + "000Z" }
}

/// The contents of a lease.
private struct LeaseContents {
    /// The holder; `nil` if the lease was returned.
    var holder: String?
    var token: String?
    var since: Timestamp?
    var renewed: Timestamp?
    /// The run that has not ended, its home, and its user.
    var unfinished: String?
    var home: String?
    var owner: String?

    static let tokenKey = "turnout.dev/holder"
    static let unfinishedKey = "turnout.dev/unfinished-run"
    static let homeKey = "turnout.dev/home"
    static let ownerKey = "turnout.dev/owner"

    init(_ object: KubernetesObject) {
        let text = object["spec", "holderIdentity"]?.string ?? ""
        holder = text.isEmpty ? nil : text
        token = object.annotations[Self.tokenKey]
        since = object["spec", "acquireTime"]?.string.flatMap { Timestamp(rfc3339: $0) }
        renewed = object["spec", "renewTime"]?.string.flatMap { Timestamp(rfc3339: $0) }
        unfinished = object.annotations[Self.unfinishedKey]
        home = object.annotations[Self.homeKey]
        owner = object.annotations[Self.ownerKey]
    }
}

/// Measures how long a holder has been silent by this machine's clock, independently of the holder's clock.
private struct Silence {
    private var renewed: Timestamp?
    private var since: Timestamp?

    enum Finding { case begun, waits, broken, enough }

    mutating func note(_ renewed: Timestamp?, now: Timestamp) -> Finding {
        guard let since else {
            (self.renewed, self.since) = (renewed, now)
            return .begun
        }
        guard renewed == self.renewed else { return .broken }
        return now - since >= EndpointLease.duration ? .enough : .waits
    }
}

extension KubernetesBackend {
    package func lease(of endpoint: Name) -> EndpointLease {
        EndpointLease(client: client, namespace: namespace, endpoint: endpoint, clock: clock)
    }

    /// The latest epoch in the endpoint's objects.
    package func epochSeen(on endpoint: Name) async throws(BackendError) -> Int {
        try await asBackendErrors {
            let anchor = try await self.fresh(endpoint)?.anchor.epoch ?? 0
            let deployments = try await self.view.deployments(of: endpoint).values.map(\.deployment.epoch)
            return max(anchor, deployments.max() ?? 0)
        }
    }
}

extension ResourceType {
    package static let leases = ResourceType(
        group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease")
}

extension EndpointLease.Taken {
    /// The facts, without advice on what to do.
    package var words: String {
        switch self {
        case .alive(let who, let since, let silent, _):
            "\(who) has been working on it" + (since.map { " since \($0)" } ?? "")
                + " and renewed its lease \(silent) ago"
        case .unfinished(let run, let who): "run \(run) of \(who) has not ended, although no process works on it"
        case .spoke(let who): "\(who) still works on it"
        }
    }
}
