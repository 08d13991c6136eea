package import PlaybookSyntax
package import RolloutEngine
package import Rollouts
internal import Synchronization

/// The backend `scripted`, whose answers a test writes: in memory, on a clock that is set by hand.
///
/// Unless the script says otherwise, a change that the rules allow has its effect at once and takes a second, and the
/// model answers 200.
/// It keeps neither keys nor a history.
package final class ScriptedBackend: Backend {
    /// What becomes of a change that is asked for.
    package enum Answer: Sendable {
        /// It has its effect.
        case done
        /// It is accepted, and goes on until the test ends it.
        case pending
        /// It has its effect, but the answer is lost.
        case lost
        /// The deployment that is put does not come up, for this reason.
        case failed(String)
        case refused(BackendError)
    }

    package struct Script: Sendable {
        package var models: [Name: EndpointModel] = [:]
        /// How often it was opened.
        package var openings = 0
        /// Every change that was asked for, oldest first.
        package var asked: [Change] = []
        package var answer: @Sendable (Change) -> Answer = { _ in .done }
        /// Why the endpoints cannot be observed now; nil where they can.
        package var blindness: BackendError?
        package var response: @Sendable (Name?) throws -> InferenceResponse = {
            InferenceResponse(status: 200, body: #"{"predictions": [1]}"#, latency: .milliseconds(20), deployment: $0)
        }
        package var outcomes = OutcomeReading(cursor: 1)
        package var logs: [LogLine] = []
        fileprivate var epochs: [Name: Int] = [:]
        fileprivate var keys: Set<String> = []
    }

    package let capabilities: Capabilities
    package let clock: ManualClock
    private let script = Mutex(Script())

    package init(
        clock: ManualClock = ManualClock(),
        capabilities: Capabilities = Capabilities(
            name: "the script", kind: .managed, mirrorLimit: 50, simulatesClients: false, reportsOutcomes: true)
    ) {
        self.clock = clock
        self.capabilities = capabilities
    }

    /// Changes what comes next, or reads what was asked.
    @discardableResult
    package func edit<Value: Sendable>(_ body: (inout sending Script) -> sending Value) -> Value {
        script.withLock(body)
    }

    package func observe(_ endpoint: Name) throws(BackendError) -> EndpointSnapshot? {
        try script.withLock { (script) throws(BackendError) in
            if let error = script.blindness { throw error }
            return script.models[endpoint]?.endpoint
        }
    }

    package func apply(_ change: Change, to endpoint: Name, as context: ChangeContext) throws(BackendError) {
        try script.withLock { (script) throws(BackendError) in
            guard context.epoch >= script.epochs[endpoint, default: 0] else {
                throw BackendError(.fenced, "epoch \(context.epoch) of \(context.run) is over")
            }
            script.epochs[endpoint] = context.epoch
            guard !script.keys.contains(context.idempotencyKey) else { return }
            script.asked.append(change)
            clock.advance(by: .seconds(1))
            let answer = script.answer(change)
            if case .refused(let error) = answer { throw error }
            var model = script.models[endpoint] ?? EndpointModel(kind: capabilities.kind)
            do throws(Violation) { try model.accept(change) } catch {
                throw BackendError(error.isTemporary ? .busy(retryAfter: .seconds(5)) : .refused, error.message)
            }
            if case .failed(let reason) = answer, case .putDeployment(let definition) = change {
                model.fail(definition.name, reason: reason)
            } else if case .pending = answer {
            } else {
                model.settle(change)
            }
            script.keys.insert(context.idempotencyKey)
            script.models[endpoint] = model
            if case .lost = answer { throw BackendError(.unavailable, "the connection was closed") }
        }
    }

    package func invoke(
        _ endpoint: Name, deployment: Name?, _ request: InferenceRequest
    ) throws -> InferenceResponse {
        try script.withLock { $0.response }(deployment)
    }

    package func outcomes(of endpoint: Name, since cursor: Int?) -> OutcomeReading { script.withLock { $0.outcomes } }

    package func logs(of endpoint: Name, deployment: Name, tail: Int) -> [LogLine] {
        script.withLock { $0.logs.suffix(tail) }
    }

    fileprivate var endpoints: [Name] {
        script.withLock { script in script.models.filter { $0.value.endpoint != nil }.keys.sorted() }
    }
}

/// Opens one ``ScriptedBackend`` as often as it is asked to.
package struct ScriptedPlugin: BackendPlugin {
    package let name = "scripted"
    package let settingsShape = Shape.mapping(.any)
    package let backend: ScriptedBackend

    package init(_ backend: ScriptedBackend = ScriptedBackend()) { self.backend = backend }

    package func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities { backend.capabilities }
    package func now(in state: String) -> Timestamp { backend.clock.now() }
    package func connect(_ opening: BackendOpening) -> any BackendSession {
        backend.edit { $0.openings += 1 }
        return ScriptedSession(script: backend)
    }
}

private struct ScriptedSession: BackendSession {
    let script: ScriptedBackend

    var backend: any Backend { script }
    var clock: any RunClock { script.clock }
    var isVirtual: Bool { true }

    func endpoints() -> [Name] { script.endpoints }
    func scoringURI(of endpoint: Name) -> String? { nil }
    func close() {}
}
