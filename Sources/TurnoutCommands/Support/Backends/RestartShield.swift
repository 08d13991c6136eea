internal import LocalEndpoints
internal import RolloutEngine
internal import Rollouts
internal import Synchronization

/// A backend whose emulator may be killed and started again while a runner works with it.
///
/// While it is gone nobody can be asked, and until its servers are up again its deployments look as if they had broken
/// down: both are `unavailable` here, so that a runner waits instead of rolling back.
final class RestartShield: Backend, Sendable {
    private let base: any Backend
    private let life: EmulatorLife
    private let seen = Mutex(Seen())

    private struct Seen {
        /// When the emulator that was seen last was started.
        var emulator: Timestamp?
        var since = ContinuousClock.now
        var isSettled = false
    }

    /// How long servers may take to come back until they are shown as they are: what doesn't serve then is broken.
    private static let patience = Duration.seconds(60)

    init(_ base: any Backend, life: EmulatorLife) {
        self.base = base
        self.life = life
    }

    var capabilities: Capabilities { base.capabilities }

    func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot? {
        try await settle()
        return try await base.observe(endpoint)
    }

    func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError) {
        _ = try record()
        try await base.apply(change, to: endpoint, as: context)
    }

    func invoke(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) async throws -> InferenceResponse {
        try await settle()
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
            if let record = try life.present() { return record }
        } catch {
            throw BackendError(.unavailable, "the local emulator's record cannot be read: \(error)")
        }
        throw BackendError(
            .unavailable,
            "nobody serves the local endpoints at the moment; `turnout serve` does, or this run in a moment")
    }

    /// Lets nobody look until the servers of an emulator that was started since are up again.
    private func settle() async throws(BackendError) {
        let record = try record()
        let (isSettled, since) = seen.withLock { seen in
            if seen.emulator != record.started { seen = Seen(emulator: record.started) }
            return (seen.isSettled, seen.since)
        }
        guard !isSettled else { return }
        guard await Health.isReady(record) || ContinuousClock.now - since > Self.patience else {
            throw BackendError(
                .unavailable, "the servers behind the local endpoints to come up in process \(record.pid)")
        }
        seen.withLock { seen in
            if seen.emulator == record.started { seen.isSettled = true }
        }
    }
}
