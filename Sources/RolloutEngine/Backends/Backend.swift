package import Rollouts

/// The system that changes are applied to: a simulated or local endpoint, a Kubernetes cluster, or Azure.
///
/// Every implementation passes `BackendContract` of RolloutTesting.
package protocol Backend: Sendable {
    var capabilities: Capabilities { get }

    /// Returns the endpoint's present state, or `nil` if it does not exist.
    func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot?

    /// Requests `change` and returns once it is accepted; the engine then observes the endpoint until the change is
    /// done.
    ///
    /// The call is idempotent: the same change with the same idempotency key takes effect once. A context whose epoch
    /// is lower than one already seen is refused with ``BackendError/Code/fenced``.
    func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError)

    /// Sends one request to a deployment or, if `deployment` is `nil`, to the endpoint as clients do.
    ///
    /// Throws ``BackendError``. The throws clause is untyped because Swift 6.3's optimizer crashes on callers of the
    /// typed version.
    func invoke(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) async throws -> InferenceResponse

    /// Returns the outcomes of the requests answered since `cursor`, or since the beginning if it is `nil`.
    ///
    /// Counting continues while no one reads, and outlives the counting process. Each cursor's outcomes are reported
    /// once, regardless of other readers; ``OutcomeReading/continuity`` says whether any are missing.
    func outcomes(of endpoint: Name, since cursor: Int?) async throws(BackendError) -> OutcomeReading

    /// Returns the last `tail` lines of a deployment's log, oldest first.
    func logs(of endpoint: Name, deployment: Name, tail: Int) async throws(BackendError) -> [LogLine]
}

/// What a backend can do.
package struct Capabilities: Hashable, Sendable {
    /// The backend's name in messages, such as `kubernetes` in "kubernetes does not mirror traffic".
    package var name: String
    package var kind: EndpointKind
    /// The largest mirror traffic in percent, or `nil` if the backend cannot mirror traffic.
    package var mirrorLimit: Int?
    /// Whether a playbook's `load` takes the place of clients.
    package var simulatesClients: Bool
    /// Whether ``Backend/outcomes(of:since:)`` reports outcomes.
    package var reportsOutcomes: Bool
    /// Whether the reported outcomes include latencies.
    package var reportsLatencies: Bool
    /// Whether the backend starts the deployments' servers on this machine.
    ///
    /// If so, a playbook must say how each deployment is served, and the local paths in its file are read here.
    package var runsServers: Bool

    package var mirroring: Bool { mirrorLimit != nil }

    package init(
        name: String, kind: EndpointKind, mirrorLimit: Int?, simulatesClients: Bool, reportsOutcomes: Bool,
        reportsLatencies: Bool? = nil, runsServers: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.mirrorLimit = mirrorLimit
        self.simulatesClients = simulatesClients
        self.reportsOutcomes = reportsOutcomes
        self.reportsLatencies = reportsLatencies ?? reportsOutcomes
        self.runsServers = runsServers
    }
}

/// Identifies the sender of a change.
package struct ChangeContext: Hashable, Sendable, Codable {
    package var run: RunID
    package var stage: String
    package var attempt: Int
    /// Identical each time the same change of the same attempt is sent.
    package var idempotencyKey: String
    /// The fencing epoch of the sender's lease.
    package var epoch: Int

    package init(run: RunID, stage: String, attempt: Int, idempotencyKey: String, epoch: Int) {
        self.run = run
        self.stage = stage
        self.attempt = attempt
        self.idempotencyKey = idempotencyKey
        self.epoch = epoch
    }
}

package struct BackendError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A permanent refusal, such as a violated rule, an exceeded quota or an invalid argument; a retry would be
        /// refused too.
        case refused
        /// A temporary refusal (409 or 429): retry after the interval.
        case busy(retryAfter: Interval)
        /// There was no answer, so the change may or may not have been applied.
        case unavailable
        /// The backend has seen a later epoch: another runner has taken over.
        case fenced
        /// The backend's state on this machine could not be read or written.
        case storage
    }

    package var code: Code
    /// What is wrong, in a sentence; in the server's words if it gave any.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

package struct InferenceResponse: Hashable, Sendable {
    /// HTTP status.
    package var status: Int
    package var body: String
    package var latency: Interval
    /// The deployment that answered, or `nil` if none did.
    package var deployment: Name?

    package init(status: Int, body: String, latency: Interval, deployment: Name?) {
        self.status = status
        self.body = body
        self.latency = latency
        self.deployment = deployment
    }
}

package struct LogLine: Hashable, Sendable, Codable {
    package var at: Timestamp
    /// The instance, such as `instance-0`, or `nil` if the platform itself logged the line.
    package var instance: String?
    package var text: String

    /// The ``instance`` of the container that prepares a deployment's environment.
    package static let storageInitializer = "storage-initializer"

    package init(at: Timestamp, instance: String? = nil, text: String) {
        self.at = at
        self.instance = instance
        self.text = text
    }
}
