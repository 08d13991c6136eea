package import Rollouts

/// A backend that is open: what changes are sent to, the clock that its endpoints go by, and where its clients are.
///
/// What only some backends have is in protocols of its own, which a session may conform to as well:
/// ``KeyedEndpoints``, ``ChangeHistory``, ``ChangeDurations``, ``RunCompany`` and ``EndpointLeasing``.
package protocol BackendSession: Sendable {
    var backend: any Backend { get }
    var clock: any RunClock { get }
    /// How often a run looks at an endpoint that changes; nil: as often as at one in the cloud.
    var pollInterval: Interval? { get }
    /// How often a run looks at an endpoint that rests; nil: as often as at one in the cloud.
    var watchInterval: Interval? { get }
    /// True where time passes at once, so that a person who watches is given some.
    var isVirtual: Bool { get }
    /// True where endpoints are shown as they were when it was opened.
    var isCopy: Bool { get }

    /// The endpoints that exist, by name.
    func endpoints() async throws -> [Name]
    /// Where clients send their requests; nil where no client calls the endpoint over a network.
    func scoringURI(of endpoint: Name) async throws -> String?
    /// Why `plan` cannot be carried out here, in sentences; empty where nothing is known against it.
    func obstacles(to plan: Plan) async throws -> [String]
    /// What a person should know of how endpoints are shown, in a sentence; nil where they are shown as they are now.
    var caveat: String? { get }
    /// What becomes of the endpoint's clients when this process has ended, in a sentence; nil where nothing changes.
    var afterwards: String? { get throws }

    /// Keeps what is to be kept, and closes what was opened.
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

    /// The time in its world.
    package var now: Timestamp { clock.now() }

    /// The endpoint as a person is shown it: where nothing serves it, no instance is ready.
    package func shown(_ endpoint: Name) async throws -> EndpointSnapshot? {
        var snapshot = try await backend.observe(endpoint)
        guard caveat != nil else { return snapshot }
        for index in snapshot?.deployments.indices ?? 0..<0 { snapshot?.deployments[index].instances.ready = 0 }
        return snapshot
    }

    /// Works with the backend, and closes it whatever comes of that; `warn` is told where closing fails besides.
    package func using<Result>(
        warn: (String) -> Void, _ body: (any BackendSession) async throws -> Result
    ) async throws -> Result {
        let result: Result
        do {
            result = try await body(self)
        } catch {
            do { try await close() } catch { warn("the backend was not closed: \(error)") }
            throw error
        }
        try await close()
        return result
    }
}

/// A session whose endpoints let clients in by keys.
package protocol KeyedEndpoints: BackendSession {
    /// - Throws: ``BackendError`` where the endpoint's auth mode has no keys.
    func keys(of endpoint: Name) async throws -> ClientKeys
    /// Replaces one of the keys, and returns both.
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

/// A session whose backend remembers every change that was asked of an endpoint.
package protocol ChangeHistory: BackendSession {
    /// Oldest first; also of an endpoint that is gone.
    func history(of endpoint: Name) async throws -> [HistoryEntry]
}

/// A session that knows beforehand how long changes take.
package protocol ChangeDurations: BackendSession {
    func duration(of change: Change) -> Interval
}

/// A session that has work of its own beside the runner of a run, such as sending the playbook's load.
package protocol RunCompany: BackendSession {
    /// Told before a run of `plan` does anything; `stages` are the run's records.
    func begin(_ plan: Plan, _ stages: [StageRecord]) async throws
    /// Lives beside the runner of `run` until it is cancelled.
    func accompany(_ run: RunID, tell: @escaping @Sendable (BackendNotice) -> Void) async
    /// What the run's clients have met so far; nil where nobody counts.
    var clients: ClientCounts? { get }
}

extension RunCompany {
    package func begin(_ plan: Plan, _ stages: [StageRecord]) async throws {}
    package func accompany(_ run: RunID, tell: @escaping @Sendable (BackendNotice) -> Void) async {}
    package var clients: ClientCounts? { nil }
}

/// What a run's backend has to say of its own accord, while a runner works on the run.
package enum BackendNotice: Sendable {
    /// Clients can send to this address from now on.
    case serving(scoringURI: String)
    /// What the run's clients have met so far.
    case clients(ClientCounts)
    /// Something that a person should know, in a sentence.
    case note(String)
}

/// What the clients of a run have met: a second witness, beside what the endpoint counts of itself.
///
/// Times are from the moment at which a request was due, so that a server which answers nobody for a while is seen.
package struct ClientCounts: Codable, Hashable, Sendable {
    /// Requests that were due.
    package var sent: Int
    /// Those that were answered with 200.
    package var succeeded: Int
    /// All others that are over: answered otherwise, broken off, or not sent because too many were under way.
    package var failed: Int
    /// Those that were not over when they were counted, or when the process that sent them ended.
    package var inFlight = 0
    /// What they failed with, and how often: `424`, `timed out`.
    package var failures: [String: Int]
    /// Milliseconds; nil where nothing was answered.
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

/// A session whose endpoints the runners of other machines and state folders may have, which a lease of the backend's
/// own keeps apart (P5).
package protocol EndpointLeasing: BackendSession {
    /// Takes the endpoint; the epoch of `lease` is raised where the backend has seen a later one.
    ///
    /// - Throws: ``JournalError`` with ``JournalError/Code/taken`` where another runner has it.
    /// - Returns: The epoch that changes are sent with.
    func take(_ lease: inout Lease, as manner: LeaseManner, in journal: any Journal) async throws -> Int
    /// Says again and again that the runner is alive, until it is cancelled; throws where it was overtaken.
    func keep(_ lease: Lease) async throws
    /// Gives back what was taken; `isFinished` where nothing is left to go on with.
    func giveBack(_ lease: Lease, isFinished: Bool) async throws
}

/// How an endpoint is taken that the runner of another state folder may have.
package enum LeaseManner: Sendable {
    case start(takeOver: Bool)
    case resume(takeOver: Bool)
    /// By hand; `force`: beside a runner that is alive, by its epoch.
    case hand(force: Bool)
}
