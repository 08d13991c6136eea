internal import FoundationEssentials
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import Support
internal import Synchronization

/// One runner on an endpoint, whatever machine and state folder it is of.
extension KubernetesSession {
    /// How long a run that begins asks again while the server gives no answer; later on it waits as its stages say.
    private static let patience = Interval.seconds(60)

    func take(_ lease: inout Lease, as manner: LeaseManner, in journal: any Journal) async throws -> Int {
        let deadline = clock.now() + Self.patience
        var isTold = false
        while true {
            do {
                return try await takeOnce(&lease, as: manner, in: journal)
            } catch let error as BackendError {
                guard let pause = error.pause, manner.waits, clock.now() + pause < deadline else { throw error }
                if !isTold { notify("waits: \(error.message)") }
                isTold = true
                try await clock.sleep(until: clock.now() + pause)
            }
        }
    }

    private func takeOnce(_ lease: inout Lease, as manner: LeaseManner, in journal: any Journal) async throws -> Int {
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
                waiting: { notify("\($0) is overtaken in \(EndpointLease.duration) unless it speaks") }
            ) { seen in
                lease = try journal.raise(lease, above: seen)
                return lease.epoch
            }
            held.note(claimant.holder, of: lease)
            return epoch
        } catch let taken as EndpointLease.Taken {
            if case .hand(force: true) = manner, case .alive(let who, _, _, let epoch) = taken {
                notify("\(who) works on \(endpoint); it will find this as drift")
                return epoch
            }
            throw JournalError(.taken, Self.words(taken, by: lease, manner))
        } catch let error as KubernetesError {
            throw BackendError(error)
        }
    }

    private static func words(_ taken: EndpointLease.Taken, by lease: Lease, _ manner: LeaseManner) -> String {
        let takingOver =
            switch manner {
            case .start: "`turnout run … --take-over`"
            case .resume, .hand: "`turnout resume \(lease.run) --take-over`"
            }
        let way =
            switch (taken, manner) {
            case (.alive, .hand): "wait for it, or go in between by --force"
            case (.alive, .start(takeOver: false)), (.alive, .resume(takeOver: false)):
                "wait for it; where it hangs, \(takingOver) takes its place once it has been silent for "
                    + "\(EndpointLease.duration)"
            case (.alive, _), (.spoke, _): "wait for it"
            case (.unfinished(let run, _), _):
                "go on with it there by `turnout resume \(run)`, or end it by `turnout abort \(run)`; where that state "
                    + "folder is lost, \(takingOver) goes on without it"
            }
        return "\(lease.key) is taken: \(taken.words); \(way)"
    }

    /// Says so as long as the server can be asked; a runner that nobody hears for a while is overtaken, and finds out.
    func keep(_ lease: Lease) async throws {
        guard let holder = held.holder(of: lease) else { return }
        let kept = kubernetes.lease(of: lease.key.endpoint)
        while true {
            try await Task.sleep(for: EndpointLease.renewal.duration)
            do {
                guard try await kept.renew(lease.epoch, of: holder) else {
                    throw JournalError(
                        .fenced,
                        "run \(lease.run) was overtaken: the Lease of \(lease.key) is another runner's; this process leaves, "
                            + "and `turnout resume \(lease.run)` goes on once nobody else works on the endpoint")
                }
            } catch let error as KubernetesError {
                logger.debug("not renewed", metadata: ["error": "\(error)"])
            }
        }
    }

    func giveBack(_ lease: Lease, isFinished: Bool) async throws {
        guard let holder = held.holder(of: lease) else { return }
        let isGone = isFinished ? try await kubernetes.observe(lease.key.endpoint) == nil : false
        try await kubernetes.lease(of: lease.key.endpoint).release(
            lease.epoch, of: holder, for: lease.run, isFinished: isFinished, isEndpointGone: isGone)
    }

    /// One for all that the journal's own lease keeps apart: another machine that has a copy of the state is another.
    private static func holder(_ key: LeaseKey, of journal: any Journal) throws -> String {
        let text = [try journal.home(), hostName(), key.description].joined(separator: "\n")
        return String(hexadecimalDigest(of: Data(text.utf8)).prefix(32))
    }
}

/// What a process holds in clusters, by epoch.
final class HeldLeases: Sendable {
    private let known = Mutex<[Lease: String]>([:])

    func note(_ holder: String, of lease: Lease) { known.withLock { $0[lease] = holder } }
    func holder(of lease: Lease) -> String? { known.withLock { $0[lease] } }
}

extension BackendError {
    /// After how long it may be asked again, or nil where that is of no use.
    fileprivate var pause: Interval? {
        switch code {
        case .busy(let interval): interval
        case .unavailable: .seconds(1)
        case .refused, .fenced, .storage: nil
        }
    }
}

extension LeaseManner {
    /// A person who changes something by hand sees at once that nobody answers.
    fileprivate var waits: Bool {
        switch self {
        case .start, .resume: true
        case .hand: false
        }
    }
}
