package import RolloutEngine
package import Rollouts

/// Who works on an endpoint, among the runners of all machines: a Lease of `coordination.k8s.io` beside its objects.
///
/// One that is taken has its holder for ``duration`` after the last renewal. Beside that it names the run that has not
/// ended, so that no other home begins one while that one is held or waits for people. It is written in the state in
/// which it was read: of two who take it at once one wins, and the other one reads again.
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

    /// How long a holder that says nothing is taken for alive.
    package static let duration = Interval.seconds(30)
    package static let renewal = Interval.seconds(8)
    private static let tries = 6

    /// Who takes it.
    package struct Claimant: Hashable, Sendable {
        /// Of the state folder; its runs are its own journal's business.
        package var home: String
        /// The same for all who exclude each other by one journal on one machine: it knows whether a holder is dead.
        package var holder: String
        /// `alice@host`.
        package var who: String
        /// Of a run, or what changes by hand are called.
        package var run: RunID
        /// True of a run, which may be left unfinished.
        package var isRun: Bool

        package init(home: String, holder: String, who: String, run: RunID, isRun: Bool) {
            self.home = home
            self.holder = holder
            self.who = who
            self.run = run
            self.isRun = isRun
        }
    }

    /// Why it is not given.
    package enum Taken: Error, Hashable, Sendable {
        /// Its holder is alive; `epoch` is its.
        case alive(who: String, since: Timestamp?, silent: Interval, epoch: Int)
        /// Nobody works on it, and a run of another home has not ended.
        case unfinished(run: String, who: String)
        /// A holder that was to be overtaken has spoken meanwhile.
        case spoke(who: String)
    }

    private var name: String { "turnout-" + ObjectNames.route(of: endpoint) }

    /// Takes it; one whose holder is silent, or is this claimant's own, is taken over.
    ///
    /// - Parameters:
    ///   - claimant: Who takes it.
    ///   - takeOver: Waits until a holder that is alive has been silent for ``duration``, and takes its place, or that
    ///     of a run that has not ended.
    ///   - seen: The latest epoch that the endpoint's objects tell.
    ///   - waiting: Told of the holder that is waited for.
    ///   - epoch: Makes the claimant's epoch larger than the given one, and returns it.
    /// - Throws: ``Taken``, ``KubernetesError``, and what `epoch` throws.
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
        throw KubernetesError(.conflict, "the Lease \(name) is changed by others all the time")
    }

    /// The Lease, once the claimant may take it; nil where there is none.
    private func admitted(
        _ claimant: Claimant, takeOver: Bool, _ silence: inout Silence, _ waiting: (String) -> Void
    ) async throws -> KubernetesObject? {
        while let live = try await client.get(.leases, name, in: namespace) {
            let standing = Standing(live)
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
                throw Taken.unfinished(run: run, who: standing.owner ?? "somebody")
            }
            return live
        }
        return nil
    }

    private func write(_ claimant: Claimant, _ epoch: Int, over live: KubernetesObject?) async throws {
        let now = Value.string(Self.text(clock.now()))
        var annotations = [
            Mark.epoch: "\(epoch)", Mark.run: "\(claimant.run)", Standing.tokenKey: claimant.holder,
        ]
        if claimant.isRun {
            annotations[Standing.unfinishedKey] = "\(claimant.run)"
            annotations[Standing.homeKey] = claimant.home
            annotations[Standing.ownerKey] = claimant.who
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
                .refused, "the Lease \(name) is already there and not Turnout's: delete it, or rename the endpoint")
        }
        try await patch(live, live.annotating(annotations) + [.add("/spec", spec)])
    }

    /// Says that the holder of `epoch` is alive; false where it is not the holder any more.
    package func renew(_ epoch: Int, of holder: String) async throws -> Bool {
        try await change(epoch, holder) { _ in
            [.add("/spec/renewTime", .string(Self.text(clock.now())))]
        }
    }

    /// Gives it back, where it is still the holder's; a run that has not ended stays named.
    ///
    /// Without an endpoint there is nothing to be had any more, and it goes as well.
    package func release(
        _ epoch: Int, of holder: String, for run: RunID, isFinished: Bool, isEndpointGone: Bool
    ) async throws {
        let released = try await change(epoch, holder) { live in
            // Without the member, as one that was never held: later servers refuse an empty name.
            var operations = [PatchOperation.remove("/spec/holderIdentity")]
            if isFinished, Standing(live).unfinished == "\(run)" {
                operations.append(.remove("/metadata/annotations/" + PatchOperation.escaped(Standing.unfinishedKey)))
            }
            return operations
        }
        guard released, isEndpointGone, let live = try await client.get(.leases, name, in: namespace),
            Standing(live).holder == nil, Standing(live).unfinished == nil
        else { return }
        do {
            try await client.delete(
                .leases, name, in: namespace, uid: live.uid, resourceVersion: live.resourceVersion,
                propagation: .background)
        } catch let error as KubernetesError where error.code == .conflict {
            // Somebody has just taken it.
            return
        }
    }

    /// Patches it while it is the holder's; false where it is not.
    private func change(
        _ epoch: Int, _ holder: String, _ operations: (KubernetesObject) -> [PatchOperation]
    ) async throws -> Bool {
        for _ in 1...Self.tries {
            guard let live = try await client.get(.leases, name, in: namespace), live.epoch == epoch,
                Standing(live).token == holder, Standing(live).holder != nil
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
        throw KubernetesError(.conflict, "the Lease \(name) is changed by others all the time")
    }

    /// A test that does not hold is told as invalid: then it is another one by now.
    private func patch(_ live: KubernetesObject, _ operations: [PatchOperation]) async throws {
        do {
            try await client.patch(.leases, name, in: namespace, operations)
        } catch let error as KubernetesError where [.invalid, .notFound].contains(error.code) {
            let now = try await client.get(.leases, name, in: namespace)
            guard now?.resourceVersion != live.resourceVersion else { throw error }
            throw KubernetesError(.conflict, error.message, status: error.status, request: error.request)
        }
    }

    /// MicroTime: Kubernetes reads six digits and no others.
    static func text(_ moment: Timestamp) -> String { moment.description.dropLast() + "000Z" }
}

/// What a Lease says.
private struct Standing {
    /// Nil where it was given back.
    var holder: String?
    var token: String?
    var since: Timestamp?
    var renewed: Timestamp?
    /// The run that has not ended, its home and who works on it.
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

/// How long a holder has been silent by this machine's clock, whatever the holder's says.
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

    /// The latest epoch that the endpoint's objects tell.
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
    /// What is so, without what to do.
    package var words: String {
        switch self {
        case .alive(let who, let since, let silent, _):
            "\(who) works on it" + (since.map { " since \($0)" } ?? "") + ", and last said so \(silent) ago"
        case .unfinished(let run, let who): "run \(run) of \(who) has not ended, and nobody works on it"
        case .spoke(let who): "\(who) still works on it"
        }
    }
}
