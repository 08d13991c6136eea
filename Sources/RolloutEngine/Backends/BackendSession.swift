package import Rollouts

/// An open backend, with the clock that its endpoints follow and the address of its clients.
///
/// Features that only some backends have are separate protocols that a session can also conform to: ``KeyedEndpoints``,
/// ``ChangeHistory``, ``ChangeDurations``, ``RunCompanion`` and ``EndpointLeasing``.
package protocol BackendSession: Sendable {
    var backend: any Backend { get }
    var clock: any RunClock { get }
    /// How often a run observes an endpoint that is changing. Default: `nil`, the interval for endpoints in the cloud.
    var pollInterval: Interval? { get }
    /// How often a run observes an endpoint that is not changing. Default: `nil`, the interval for endpoints in the
    /// cloud.
    var watchInterval: Interval? { get }
    /// Whether time passes instantly, so that output must be slowed down for a person who watches.
    var isVirtual: Bool { get }
    /// Whether endpoints are shown as they were when the session was opened.
    var isCopy: Bool { get }

    /// The names of the existing endpoints.
    func endpoints() async throws -> [Name]
    /// Where clients send their requests, or `nil` if clients do not call the endpoint over a network.
    func scoringURI(of endpoint: Name) async throws -> String?
    /// Returns the known reasons why `plan` cannot be carried out on this backend, each a sentence.
    func obstacles(to plan: Plan) async throws -> [String]
    /// What a person should know about how endpoints are shown, in a sentence; `nil` if they are shown as they are now.
    var caveat: String? { get }
    /// What happens to the endpoint's clients once this process has ended, in a sentence; `nil` if nothing changes.
    var afterwards: String? { get throws }

    /// Saves what must be kept, and closes everything that was opened.
    func close() async throws
}

extension BackendSession {
    package var pollInterval: Interval? { nil }
    package var watchInterval: Interval? { nil }
    package var isVirtual: Bool { false }
    package var isCopy: Bool { false }
    package var caveat: String? { nil }
    package var afterwards: String? { get throws { nil } }
    package func obstacles(to plan: Plan) async throws -> [String] { [] }

    /// The present time by the session's clock.
    package var now: Timestamp { clock.now() }

    /// The endpoint as it is shown to people: no instance is ready if nothing serves it.
    package func shown(_ endpoint: Name) async throws -> EndpointSnapshot? {
        var snapshot = try await backend.observe(endpoint)
        guard caveat != nil else { return snapshot }
        for index in snapshot?.deployments.indices ?? 0..<0 { snapshot?.deployments[index].instances.ready = 0 }
        return snapshot
    }

    /// Runs `body` with the session and closes it afterwards; if both fail, `warn` receives the error of closing.
    package func using<Result>(
        warn: (String) -> Void, _ body: (any BackendSession) async throws -> Result
    ) async throws -> Result {
        let result: Result
        do {
            result = try await body(self)
        } catch {
            do { try await close() } catch { warn("the backend could not be closed: \(error)") }
            throw error
        }
        try await close()
        return result
    }
}

/// A session whose endpoints authenticate clients with keys.
package protocol KeyedEndpoints: BackendSession {
    /// - Throws: ``BackendError`` if the endpoint's auth mode has no keys.
    func keys(of endpoint: Name) async throws -> ClientKeys
    /// Replaces one of the keys and returns both.
    func regenerate(_ key: ClientKeys.Which, of endpoint: Name) async throws -> ClientKeys
}

/// The two keys of an endpoint with auth mode `key`.
package struct ClientKeys: Encodable, Hashable, Sendable {
    package enum Which: String, CaseIterable, Sendable {
        case primary, secondary
    }

    package var primary: String
    package var secondary: String

    package init(primary: String, secondary: String) {
        self.primary = primary
        self.secondary = secondary
    }
}

/// A session whose backend records every change that was requested on an endpoint.
package protocol ChangeHistory: BackendSession {
    /// Returns the recorded changes, oldest first; also for an endpoint that no longer exists.
    func history(of endpoint: Name) async throws -> [HistoryEntry]
}

/// A session that can say in advance how long changes take.
package protocol ChangeDurations: BackendSession {
    func duration(of change: Change) -> Interval
}

/// A session with its own work to do alongside a run, such as sending the playbook's load.
package protocol RunCompanion: BackendSession {
    /// Called before a run of `plan` does anything; `stages` are the run's records.
    func begin(_ plan: Plan, _ stages: [StageRecord]) async throws
    /// Works alongside the runner of `run` until cancelled.
    func accompany(_ run: RunID, tell: @escaping @Sendable (BackendNotice) -> Void) async
    /// What the run's clients have experienced so far, or `nil` if no client counts.
    var clients: ClientCounts? { get }
}

extension RunCompanion {
    package func begin(_ plan: Plan, _ stages: [StageRecord]) async throws {}
    package func accompany(_ run: RunID, tell: @escaping @Sendable (BackendNotice) -> Void) async {}
    package var clients: ClientCounts? { nil }
}

/// A backend's notification while a runner works on the run.
package enum BackendNotice: Sendable {
    /// Clients can send requests to this address from now on.
    case serving(scoringURI: String)
    /// What the run's clients have experienced so far.
    case clients(ClientCounts)
    /// Information for a person, in a sentence.
    case note(String)
}

/// What the clients of a run have experienced, measured independently of the endpoint's own counts.
///
/// Latencies start when a request was due, so that a server that stops answering for a while shows up.
package struct ClientCounts: Codable, Hashable, Sendable {
    /// Requests that were due.
    package var sent: Int
    /// Requests that were answered with status 200.
    package var succeeded: Int
    /// All other completed requests: answered with another status, aborted, or not sent because too many were in
    /// flight.
    package var failed: Int
    /// Requests still in flight when the counts were taken or the sending process ended.
    package var inFlight = 0
    /// The number of failures by kind, such as `424` or `timed out`.
    package var failures: [String: Int]
    /// In milliseconds; `nil` if no request was answered.
    package var p50: Int?
    package var p99: Int?
    package var slowest: Int?

    private enum CodingKeys: String, CodingKey {
        case sent, succeeded, failed, failures
        case inFlight = "in_flight"
        case p50 = "p50_milliseconds"
        case p99 = "p99_milliseconds"
        case slowest = "slowest_milliseconds"
    }

    package init(
        sent: Int, succeeded: Int, failed: Int, inFlight: Int = 0, failures: [String: Int], p50: Int? = nil,
        p99: Int? = nil, slowest: Int? = nil
    ) {
        self.sent = sent
        self.succeeded = succeeded
        self.failed = failed
        self.inFlight = inFlight
        self.failures = failures
        self.p50 = p50
        self.p99 = p99
        self.slowest = slowest
    }
}

/// A session whose endpoints other machines and state folders can also change, coordinated by the backend's own lease
/// (P5).
package protocol EndpointLeasing: BackendSession {
    /// Acquires the endpoint's lease; raises the epoch of `lease` if the backend has seen a later one.
    ///
    /// - Throws: ``JournalError`` with ``JournalError/Code/taken`` if another runner holds it.
    /// - Returns: The epoch to send changes with.
    func take(_ lease: inout Lease, as manner: LeaseMode, in journal: any Journal) async throws -> Int
    /// Renews the lease until cancelled; throws if another runner has taken over.
    func keep(_ lease: Lease) async throws
    /// Releases the lease; `isFinished` means that the run has nothing left to do.
    func giveBack(_ lease: Lease, isFinished: Bool) async throws
}

/// How to acquire an endpoint that a runner of another state folder may hold.
package enum LeaseMode: Sendable {
    case start(takeOver: Bool)
    case resume(takeOver: Bool)
    /// For a manual change; `force` overrides a live runner by its epoch.
    case hand(force: Bool)
}
