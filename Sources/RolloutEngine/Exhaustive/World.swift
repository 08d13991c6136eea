internal import RolloutStatistics
internal import Rollouts

/// One point of an exploration: a run's machine, its durable state, and the endpoint that it works on.
///
/// Worlds are copied and compared far more often than they change, so their large parts are shared.
struct World: Sendable {
    private(set) var moment: Moment
    /// The state to which a crash would return the machine.
    private(set) var committed: Moment
    private(set) var effect = RunMachine.Effect.stop
    private(set) var endpoint: Hashed<EndpointSnapshot?>
    let kind: EndpointKind
    /// Changes that the endpoint has accepted but not completed.
    var underway: [Change] = []
    /// A deployment that stopped serving after it was ready.
    var crashed: Name?
    /// Whether clients have ever been served; from then on they must always be.
    private(set) var hasServed = false
    /// Whether ``choices`` include sentences, which only stories need.
    var isTold = false

    init(machine: RunMachine, model: EndpointModel) {
        moment = Moment(machine)
        committed = moment
        endpoint = Hashed(model.endpoint)
        kind = model.kind
    }

    var machine: RunMachine { moment.machine }

    var model: EndpointModel { EndpointModel(kind: kind, endpoint: endpoint.value) }

    /// Changes the endpoint.
    mutating func update<Failure: Error>(_ body: (inout EndpointModel) throws(Failure) -> Void) throws(Failure) {
        var model = model
        try body(&model)
        endpoint = Hashed(model.endpoint)
    }

    /// Gives the machine an input, and records what it commits and requests.
    mutating func give(_ input: RunMachine.Input, at now: Timestamp) {
        var machine = moment.machine
        take(machine.receive(input, at: now), of: machine)
    }

    /// Offers a request; returns false if the machine keeps it for later.
    mutating func offer(_ request: Request, at now: Timestamp) -> Bool {
        var machine = moment.machine
        let actions = machine.receive(.request(request), at: now)
        guard !actions.isEmpty else { return false }
        take(actions, of: machine)
        return true
    }

    /// The process dies, and another one continues from the durable state.
    mutating func crash() {
        moment = committed
        give(.begin, at: now)
    }

    /// The process stops at a gate that then times out; another process records the timeout, and a third one continues.
    mutating func expire() {
        moment = committed
        give(.overdue(pending: []), at: .lastMoment)
        crash()
    }

    private mutating func take(_ actions: [RunMachine.Action], of machine: RunMachine) {
        moment = Moment(machine)
        for action in actions {
            switch action {
            case .commit: committed = moment
            case .perform(let effect): self.effect = effect
            }
        }
        if let traffic = endpoint.value?.traffic.actual, traffic.sum == 100 { hasServed = true }
    }

    /// The time that the machine sees: the exploration has no clock, only deadlines that have passed or have not.
    var now: Timestamp {
        switch machine.record.phase {
        case .baking(let until), .backingOff(let until): until
        case .waiting(let gate) where gate.expired != nil: .lastMoment
        default: Timestamp(milliseconds: 0)
        }
    }

    var key: Key {
        Key(
            moment: moment, committed: committed, effect: effect.timeless, endpoint: endpoint, underway: underway,
            crashed: crashed, hasServed: hasServed)
    }

    /// What distinguishes two worlds: everything except time and counters.
    struct Key: Hashable, Sendable {
        var moment: Moment
        var committed: Moment
        var effect: RunMachine.Effect
        var endpoint: Hashed<EndpointSnapshot?>
        var underway: [Change]
        var crashed: Name?
        var hasServed: Bool
    }
}

/// The state of a run's machine; two are equal if they differ only in time and counters.
struct Moment: Hashable, Sendable {
    private let shared: Hashed<State>

    var machine: RunMachine { shared.value.machine }

    init(_ machine: RunMachine) { shared = Hashed(State(machine: machine, timeless: machine.state.timeless)) }

    private struct State: Hashable, Sendable {
        let machine: RunMachine
        let timeless: TimelessState

        static func == (left: State, right: State) -> Bool {
            left.timeless == right.timeless && left.machine.failure == right.machine.failure
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(timeless)
            hasher.combine(machine.failure)
        }
    }
}

/// A value that is shared by its copies and hashed once.
final class Hashed<Value: Hashable & Sendable>: Hashable, Sendable {
    let value: Value
    private let hash: Int

    init(_ value: Value) {
        self.value = value
        hash = value.hashValue
    }

    static func == (left: Hashed, right: Hashed) -> Bool {
        left === right || left.hash == right.hash && left.value == right.value
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// A run's state without everything that only grows.
struct TimelessState: Hashable, Sendable {
    var position: Int
    var status: RunStatus
    var phase: Phase
    var attempts: Int
    var arms: AnalysisArms?
    var decision: Verdict.Decision?
    var isOver: Bool?
    var baseline: Observation
    var expected: Observation

    /// Hashes only the fields in which most worlds differ.
    func hash(into hasher: inout Hasher) {
        hasher.combine(position)
        hasher.combine(status)
        hasher.combine(phase)
        hasher.combine(attempts)
        hasher.combine(expected)
    }
}

extension RunState {
    var timeless: TimelessState {
        let attempts = record.position < stages.count ? stages[record.position].attempts - record.forgivenAttempts : 0
        return TimelessState(
            position: record.position, status: record.status, phase: record.phase.timeless, attempts: attempts,
            arms: record.analysis?.arms, decision: record.analysis?.verdict?.decision,
            isOver: record.analysis?.verdict?.isOver, baseline: record.baseline, expected: record.expected)
    }
}

extension Phase {
    fileprivate var timeless: Phase {
        let epoch = Timestamp(milliseconds: 0)
        switch self {
        case .starting, .ready, .analysing, .ended: return self
        case .waiting(var gate):
            gate.opened = epoch
            gate.deadline = gate.deadline.map { _ in epoch }
            gate.expired = gate.expired.map { _ in epoch }
            return .waiting(gate)
        case .acting(let attempt): return .acting(attempt.timeless)
        case .baking: return .baking(until: epoch)
        case .backingOff: return .backingOff(until: epoch)
        case .rollingBack(let rollBack): return .rollingBack(rollBack.timeless)
        case .held(var hold):
            switch hold.cause {
            case .drift, .adopted, .failed, .timedOut, .inconclusive: break
            case .unknown(let attempt): hold.cause = .unknown(attempt.timeless)
            case .rollBackFailed(let rollBack): hold.cause = .rollBackFailed(rollBack.timeless)
            }
            hold.reason = ""
            return .held(hold)
        }
    }
}

extension Attempt {
    fileprivate var timeless: Attempt {
        var attempt = self
        attempt.number = 0
        attempt.deadline = Timestamp(milliseconds: 0)
        attempt.intent.key = ""
        return attempt
    }
}

extension RollBack {
    fileprivate var timeless: RollBack {
        var rollBack = self
        rollBack.cause = ""
        rollBack.deadline = Timestamp(milliseconds: 0)
        rollBack.changes = 0
        rollBack.intent?.key = ""
        return rollBack
    }
}

extension RunMachine.Effect {
    fileprivate var timeless: RunMachine.Effect {
        switch self {
        case .observe, .invoke, .run, .measure, .stop: self
        case .apply(let change, _, _): .apply(change, key: "", attempt: 0)
        case .wait(_, .time): .wait(until: Timestamp(milliseconds: 0), .time(""))
        case .wait(_, .people): .wait(until: Timestamp(milliseconds: 0), .people(""))
        }
    }
}
