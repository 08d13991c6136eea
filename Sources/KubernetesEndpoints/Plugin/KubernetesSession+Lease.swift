internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Support
internal import Synchronization

/// Ensures that an endpoint has one runner, across all machines and state folders.
extension KubernetesSession {
    /// How long a starting run retries while the server does not respond.
    ///
    /// Later waits follow the run's stages.
    private static let patience = Interval.seconds(60)

    func take(_ lease: inout Lease, as manner: LeaseMode, in journal: any Journal) async throws -> Int {
        let deadline = clock.now() + Self.patience
        var isTold = false
        while true {
            do {
                return try await takeOnce(&lease, as: manner, in: journal)
            } catch let error as BackendError {
                guard let pause = error.pause, manner.waits, clock.now() + pause < deadline else { throw error }
                if !isTold { notify("waiting: \(error.message)") }
                isTold = true
                try await clock.sleep(until: clock.now() + pause)
            }
        }
    }

    private func takeOnce(_ lease: inout Lease, as manner: LeaseMode, in journal: any Journal) async throws -> Int {
        let (endpoint, key) = (lease.key.endpoint, lease.key)
        let (takeOver, isRun) =
            switch manner {
            case .start(let takeOver), .resume(let takeOver): (takeOver, true)
            case .hand: (false, false)
            }
        let claimant = EndpointLease.Claimant(
            home: try journal.home(), holder: try Self.holder(key, of: journal), who: "\(userName())@\(hostName())",
            run: lease.run, isRun: isRun)
        do {
            let seen = try await kubernetes.epochSeen(on: endpoint)
            let epoch = try await kubernetes.lease(of: endpoint).take(
                by: claimant, takeOver: takeOver, above: seen,
                waiting: { notify("\($0) will be overtaken in \(EndpointLease.duration) unless it renews its lease") }
            ) { seen in
                lease = try journal.raise(lease, above: seen)
                return lease.epoch
            }
            held.note(claimant.holder, of: lease)
            return epoch
        } catch let taken as EndpointLease.Taken {
            if case .hand(force: true) = manner, case .alive(let who, _, _, let epoch) = taken {
                notify("\(who) is working on \(endpoint) and will see this change as drift")
                return epoch
            }
            throw JournalError(.taken, Self.words(taken, by: lease, manner))
        } catch let error as KubernetesError {
            throw BackendError(error)
        }
    }

    private static func words(_ taken: EndpointLease.Taken, by lease: Lease, _ manner: LeaseMode) -> String {
        let takingOver =
            switch manner {
            case .start: "`turnout run … --take-over`"
            case .resume, .hand: "`turnout resume \(lease.run) --take-over`"
            }
        let way =
            switch (taken, manner) {
            case (.alive, .hand): "wait for it, or make the change anyway with --force"
            case (.alive, .start(takeOver: false)), (.alive, .resume(takeOver: false)):
                "wait for it; if it hangs, \(takingOver) replaces it once it has been silent for "
                    + "\(EndpointLease.duration)"
            case (.alive, _), (.spoke, _): "wait for it"
            case (.unfinished(let run, _), _):
                "resume it there with `turnout resume \(run)`, or end it with `turnout abort \(run)`; if that state "
                    + "folder is lost, \(takingOver) proceeds without it"
            }
        return "\(lease.key) is taken: \(taken.words); \(way)"
    }

    /// Renews the lease while the server can be reached.
    ///
    /// A runner that fails to do so for a while is overtaken.
    func keep(_ lease: Lease) async throws {
        guard let holder = held.holder(of: lease) else { return }
        let kept = kubernetes.lease(of: lease.key.endpoint)
        while true {
            try await Task.sleep(for: EndpointLease.renewal.duration)
            do {
                guard try await kept.renew(lease.epoch, of: holder) else {
                    throw JournalError(
                        .fenced,
                        "run \(lease.run) lost its Lease on \(lease.key) to another runner, and this process is "
                            + "stopping; when the other runner is done, continue with `turnout resume \(lease.run)`")
                }
            } catch let error as KubernetesError {
                logger.debug("lease not renewed", metadata: ["error": "\(error)"])
            }
        }
    }

    func giveBack(_ lease: Lease, isFinished: Bool) async throws {
        guard let holder = held.holder(of: lease) else { return }
        let isGone = isFinished ? try await kubernetes.observe(lease.key.endpoint) == nil : false
        try await kubernetes.lease(of: lease.key.endpoint).release(
            lease.epoch, of: holder, for: lease.run, isFinished: isFinished, isEndpointGone: isGone)
    }

    /// The holder's ID, shared by all processes that the journal's own lease excludes from each other.
    ///
    /// A machine with a copy of the state folder is another holder.
    private static func holder(_ key: LeaseKey, of journal: any Journal) throws -> String {
        let text = [try journal.home(), hostName(), key.description].joined(separator: "\n")
        return String(hexadecimalDigest(of: Data(text.utf8)).prefix(32))
    }
}

/// The leases that this process holds in clusters, with their holders' IDs.
final class HeldLeases: Sendable {
    private let known = Mutex<[Lease: String]>([:])

    func note(_ holder: String, of lease: Lease) { known.withLock { $0[lease] = holder } }
    func holder(of lease: Lease) -> String? { known.withLock { $0[lease] } }
}

extension BackendError {
    /// The pause before a retry; `nil` if a retry is useless.
    fileprivate var pause: Interval? {
        switch code {
        case .busy(let interval): interval
        case .unavailable: .seconds(1)
        case .refused, .fenced, .storage: nil
        }
    }
}

extension LeaseMode {
    /// Whether to wait for an unavailable server.
    ///
    /// A person who makes a manual change sees the error at once.
    fileprivate var waits: Bool {
        switch self {
        case .start, .resume: true
        case .hand: false
        }
    }
}
