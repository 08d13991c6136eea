internal import RolloutStatistics
internal import Rollouts

/// One point of an exploration: a run's machine, what of it is durable, and the endpoint that it works on.
struct World: Sendable {
    var machine: RunMachine
    /// The machine as a crash would leave it.
    var committed: RunMachine
    var effect: RunMachine.Effect
    var model: EndpointModel
    /// Changes that the endpoint accepted and has not finished.
    var underway: [Change] = []
    /// A deployment that stopped serving by itself, once it was ready.
    var crashed: Name?
    /// Whether clients were ever served, so that they must be from then on.
    var hasServed = false

    init(machine: RunMachine, model: EndpointModel) {
        self.machine = machine
        self.committed = machine
        self.effect = .stop
        self.model = model
    }

    /// Gives the machine an input, and takes note of what it commits and asks for.
    mutating func give(_ input: RunMachine.Input, at now: Timestamp) {
        take(machine.receive(input, at: now))
    }

    /// Offers a request; false when the machine keeps it for later.
    mutating func offer(_ request: Request, at now: Timestamp) -> Bool {
        let actions = machine.receive(.request(request), at: now)
        guard !actions.isEmpty else { return false }
        take(actions)
        return true
    }

    /// The process dies, and another goes on from what was durable.
    mutating func crash() {
        machine = committed
        give(.begin, at: now)
    }

    private mutating func take(_ actions: [RunMachine.Action]) {
        for action in actions {
            switch action {
            case .commit: committed = machine
            case .perform(let effect): self.effect = effect
            }
        }
        if let traffic = model.endpoint?.traffic.actual, traffic.sum == 100 { hasServed = true }
    }

    /// The time that the machine is told: the exploration has no clock, only deadlines that are over or are not.
    var now: Timestamp {
        switch machine.record.phase {
        case .baking(let until), .backingOff(let until): until
        default: Timestamp(milliseconds: 0)
        }
    }

    var key: Key {
        Key(
            machine: machine.state.timeless, committed: committed.state.timeless, failure: machine.failure,
            effect: effect.timeless, endpoint: model.endpoint, underway: underway, crashed: crashed,
            hasServed: hasServed)
    }

    /// What tells two worlds apart: everything but time and counters.
    struct Key: Hashable, Sendable {
        var machine: TimelessState
        var committed: TimelessState
        var failure: RunMachine.AttemptFailure?
        var effect: RunMachine.Effect
        var endpoint: EndpointSnapshot?
        var underway: [Change]
        var crashed: Name?
        var hasServed: Bool
    }
}

/// A run's state without what only grows.
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
