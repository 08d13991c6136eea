package import Rollouts

/// What changes are applied to: a simulated endpoint, a local one, a cluster.
///
/// Every implementation passes `BackendContract` of RolloutTesting.
package protocol Backend: Sendable {
    var capabilities: Capabilities { get }

    /// The endpoint as it is now, or nil where there is none.
    func observe(_ endpoint: Name) async throws(BackendError) -> EndpointSnapshot?

    /// Asks for `change` and returns when it was accepted; the engine then observes until it is so.
    ///
    /// Idempotent: the same change with the same key has its effect once. A context with a lower epoch than one that
    /// was seen is refused as ``BackendError/Code/fenced``.
    func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) async throws(BackendError)

    /// One request to a deployment, or (nil) to the endpoint as clients do; throws ``BackendError``.
    ///
    /// Not typed: Swift 6.3's optimizer crashes on callers of this one when it is.
    func invoke(_ endpoint: Name, deployment: Name?, _ request: InferenceRequest) async throws -> InferenceResponse

    /// What became of the requests that were answered since `cursor` (nil: since the beginning).
    ///
    /// Counting goes on in the reader's absence and outlives the process that counts. What a cursor stands for is told
    /// once, whoever else reads; what is missing, ``OutcomeReading/continuity`` says.
    func outcomes(of endpoint: Name, since cursor: Int?) async throws(BackendError) -> OutcomeReading

    /// The last `tail` lines of a deployment's log, oldest first.
    func logs(of endpoint: Name, deployment: Name, tail: Int) async throws(BackendError) -> [LogLine]
}

/// What a backend can do.
package struct Capabilities: Hashable, Sendable {
    /// The backend's own word in sentences: `kubernetes` in "kubernetes does not mirror traffic".
    package var name: String
    package var kind: EndpointKind
    /// The largest mirror traffic in percent; nil where traffic cannot be mirrored.
    package var mirrorLimit: Int?
    /// True where a playbook's `load` stands for clients.
    package var simulatesClients: Bool
    /// True where ``Backend/outcomes(of:since:)`` has something to tell.
    package var reportsOutcomes: Bool
    /// True where that has latencies as well.
    package var reportsLatencies: Bool
    /// True where the backend starts the deployments' servers on this machine: what each of them is must be said, and
    /// the local paths of its file are read here.
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

/// Who asks for a change, and as what.
package struct ChangeContext: Hashable, Sendable, Codable {
    package var run: RunID
    package var stage: String
    package var attempt: Int
    /// The same for every sending of one change of one attempt.
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
        /// Asking again will be refused again: a rule, a quota, a wrong argument.
        case refused
        /// Refused for now (409, 429): to be asked again after the interval.
        case busy(retryAfter: Interval)
        /// No answer, so that the change may or may not have been taken.
        case unavailable
        /// A later epoch was seen: this runner was overtaken.
        case fenced
        /// The backend's own state on this machine could not be read or written.
        case storage
    }

    package var code: Code
    /// A sentence that says what is wrong, in the server's words where it has some.
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
    /// Who answered; nil where nobody did.
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
    /// `instance-0` and so on; nil where the platform itself speaks.
    package var instance: String?
    package var text: String

    package init(at: Timestamp, instance: String? = nil, text: String) {
        self.at = at
        self.instance = instance
        self.text = text
    }
}
