internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// A backend whose emulator may be killed and started again while a runner works with it.
///
/// While it is gone nobody can be asked, and until its servers are up again its deployments look as if they had broken
/// down: both are `unavailable` here, so that a runner waits instead of rolling back. A person who looks, or changes
/// something by hand, sees it as it is.
final class RestartShield: Backend, Sendable {
    private let base: any Backend
    /// True for a runner, who takes servers that are not there yet for broken ones.
    private let waitsForServers: Bool
    /// Where the emulator listens now; nil while there is none.
    private let present: @Sendable () throws -> ServeRecord?
    private let seen = Mutex(Seen())

    private struct Seen {
        /// When the emulator that was seen last was started.
        var emulator: Timestamp?
        var since = ContinuousClock.now
        var isSettled = false
    }

    /// How long servers may take to come back until they are shown as they are: what doesn't serve then is broken.
    private static let patience = Duration.seconds(60)

    init(_ base: any Backend, waitsForServers: Bool = true, present: @escaping @Sendable () throws -> ServeRecord?) {
        self.base = base
        self.waitsForServers = waitsForServers
        self.present = present
    }

    var capabilities: Capabilities { base.capabilities }

    func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot? {
        let record = try record()
        let snapshot = try await base.observe(endpoint)
        if waitsForServers { try settle(snapshot, in: record) }
        return snapshot
    }

    func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError) {
        _ = try record()
        try await base.apply(change, to: endpoint, as: context)
    }

    func invoke(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) async throws -> InferenceResponse {
        _ = try record()
        return try await base.invoke(endpoint, deployment: deployment, request)
    }

    func outcomes(of endpoint: Name, since cursor: Int?) async throws(BackendError) -> OutcomeReading {
        _ = try record()
        return try await base.outcomes(of: endpoint, since: cursor)
    }

    func logs(of endpoint: Name, deployment: Name, tail: Int) async throws(BackendError) -> [LogLine] {
        _ = try record()
        return try await base.logs(of: endpoint, deployment: deployment, tail: tail)
    }

    private func record() throws(BackendError) -> ServeRecord {
        do {
            if let record = try present() { return record }
        } catch {
            throw BackendError(.unavailable, "the local emulator's record cannot be read: \(error)")
        }
        throw BackendError(
            .unavailable,
            "the local endpoints are not served at the moment; an emulator is about to be started")
    }

    /// Lets nobody look until the servers of an emulator that was started since have come back.
    private func settle(_ snapshot: EndpointSnapshot?, in record: ServeRecord) throws(BackendError) {
        // What has failed does not come back by itself: a run may be what mends it.
        let missing = snapshot?.deployments.first {
            $0.failure == nil && $0.instances.ready + $0.instances.failed < $0.instances.wanted
        }
        let isSettled = seen.withLock { seen in
            if seen.emulator != record.started { seen = Seen(emulator: record.started) }
            if missing == nil || ContinuousClock.now - seen.since > Self.patience { seen.isSettled = true }
            return seen.isSettled
        }
        guard !isSettled, let missing else { return }
        throw BackendError(
            .unavailable,
            "the emulator was started in process \(record.pid), and \(missing.instances.ready) of "
                + "\(missing.instances.wanted) servers of \(missing.name) are up"
                + (missing.reason.map { ": \($0)" } ?? ""))
    }
}
