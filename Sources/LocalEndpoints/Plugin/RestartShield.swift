internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// A backend whose emulator may be killed and restarted while a runner uses it.
///
/// While there is no emulator, everything throws `unavailable`, and for a runner so do observations until the servers
/// are ready again: it waits instead of rolling back deployments that look broken. A person sees the actual state.
final class RestartShield: Backend, Sendable {
    private let base: any Backend
    /// Whether to wait for servers; true for a runner, which would consider starting servers broken.
    private let waitsForServers: Bool
    /// Returns the record of the running emulator; nil if there is none.
    private let present: @Sendable () throws -> ServeRecord?
    private let seen = Mutex(Seen())

    private struct Seen {
        /// When the last seen emulator was started.
        var emulator: Timestamp?
        var since = ContinuousClock.now
        var isSettled = false
    }

    /// How long servers may take to restart; after that, their actual state is shown.
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

    /// Throws `unavailable` until the servers of a restarted emulator are ready again.
    private func settle(_ snapshot: EndpointSnapshot?, in record: ServeRecord) throws(BackendError) {
        // Failed deployments are not waited for: they do not recover, and a run may be what repairs them.
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
