internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// Changes that a person makes to an endpoint without a run.
///
/// They are fenced as a runner's are: the lease is taken first, so that no runner changes the endpoint meanwhile, and
/// one that was overtaken before is refused.
struct HandChange {
    var workspace: Workspace
    var selection: BackendSelection
    var open: any OpenBackend
    var endpoint: Name
    /// Goes in between although a live runner has the endpoint, with that runner's epoch.
    var force: Bool

    /// What they are called in the endpoint's history.
    static let run = RunID(playbook: "by-hand", number: 1)
    private static let limit = Interval.hours(2)

    /// Makes the changes one after the other, each observed to be so before the next.
    ///
    /// - Returns: The endpoint as it is then; nil where there is none any more.
    func perform(_ changes: [Change], stage: String) async throws -> EndpointSnapshot? {
        try await workspace.withJournal { journal in
            let key = selection.leaseKey(endpoint)
            do {
                var lease = try journal.acquireLease(on: key, for: Self.run, takeOver: false)
                let result = await Self.result {
                    let epoch = try await open.take(&lease, as: .hand(force: force), in: journal)
                    return try await keeping(lease) { try await apply(changes, stage: stage, epoch: epoch) }
                }
                await open.giveBackIfPossible(lease, isFinished: true)
                try journal.release(lease)
                return try result.get()
            } catch let error as JournalError {
                guard force, case .leased(let holder) = error.code else { throw error }
                Notices.warn("process \(holder.process) runs \(holder.run) on \(endpoint); it will find this as drift")
                return try await apply(changes, stage: stage, epoch: holder.epoch)
            }
        }
    }

    private static func result<Success>(_ body: () async throws -> Success) async -> Result<Success, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    /// Works under the lease for as long as it is this process's.
    private func keeping<Success: Sendable>(
        _ lease: Lease, _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withThrowingTaskGroup(of: Success?.self) { group in
            group.addTask { try await body() }
            group.addTask { [open] in
                try await open.keep(lease)
                return nil
            }
            defer { group.cancelAll() }
            while let done = try await group.next() {
                if let done { return done }
            }
            throw CancellationError()
        }
    }

    private func apply(_ changes: [Change], stage: String, epoch: Int) async throws -> EndpointSnapshot? {
        let identity = UUID().uuidString.lowercased()
        for (index, change) in changes.enumerated() {
            let context = ChangeContext(
                run: Self.run, stage: stage, attempt: 1, idempotencyKey: "by-hand/\(identity)/\(index)", epoch: epoch)
            // What is deleted in the end need not be well before.
            try await settle(change, as: context, mustSucceed: changes.last != .deleteEndpoint)
        }
        return try await open.backend.observe(endpoint)
    }

    /// Asks for the change, and waits until it is observed to be so.
    private func settle(_ change: Change, as context: ChangeContext, mustSucceed: Bool) async throws {
        let (backend, clock) = (open.backend, open.clock)
        let deadline = clock.now() + Self.limit
        var isAccepted = false
        var told = Told(since: clock.now())
        while clock.now() < deadline {
            var pause = open.pollInterval ?? .seconds(5)
            if !isAccepted {
                do {
                    try await backend.apply(change, to: endpoint, as: context)
                    isAccepted = true
                } catch {
                    guard case .busy(let after) = error.code else { throw error }
                    pause = after
                    told.wait(for: "\(change): \(error.message)", at: clock.now())
                }
            }
            let snapshot = try await backend.observe(endpoint)
            if isAccepted, change.isDone(in: snapshot) { return }
            if isAccepted, let failure = change.failure(in: snapshot) {
                guard mustSucceed else { return Notices.warn(failure) }
                throw CommandFailure(.failed, failure)
            }
            if isAccepted, let reason = snapshot?.reason { told.wait(for: "\(change): \(reason)", at: clock.now()) }
            try await clock.sleep(until: clock.now() + pause)
        }
        throw CommandFailure(
            .failed, "\(change) is not so after \(Self.limit); `turnout endpoint show` tells how far it is")
    }
}

/// What a person was told of a wait, so that none is silent.
private struct Told {
    var since: Timestamp
    var reason: String?

    /// Says it after a moment, and again when it is another.
    mutating func wait(for reason: String, at now: Timestamp) {
        guard now - since >= .seconds(2), self.reason != reason else { return }
        self.reason = reason
        Notices.say("waits: \(reason)")
    }
}
