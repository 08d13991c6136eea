import RolloutEngine
import Rollouts
import Testing

/// A machine on a test stand: a pure endpoint, a clock that is set by hand, and a memory of what was committed.
struct Stand {
    var machine: RunMachine
    /// The machine as a crash would leave it.
    var committed: RunMachine
    var model: EndpointModel
    var underway: [Change] = []
    var now = Timestamp(milliseconds: 1_000_000)
    var effect = RunMachine.Effect.stop
    var commits: [Commit] = []
    /// Every change that was sent, and whether the endpoint took it.
    var sent: [(change: Change, key: String, hadEffect: Bool)] = []
    var invocations = 0
    var programs = 0
    /// How the endpoint answers a change; nil takes it.
    var answer: (Change) -> BackendError? = { _ in nil }
    /// What an invocation or a program comes to.
    var result: String?
    /// What becomes of requests until a moment, in all; nil where it cannot be told.
    var totals: (Timestamp) -> OutcomeReading? = { _ in OutcomeReading(cursor: 0) }
    /// Totals by cursor, as a backend keeps them.
    private var told: [OutcomeReading] = []

    static let starter = Person(name: "ada", host: "desk")

    init(_ plan: Plan, endpoint: EndpointSnapshot? = nil) {
        let record = RunRecord(
            id: RunID(playbook: plan.playbook, number: 1), backend: plan.backend, endpoint: plan.endpoint,
            planHash: "hash", starter: Self.starter, started: Timestamp(milliseconds: 0))
        let stages = plan.stages.map { StageRecord(name: $0.name, action: $0.action.kind) }
        machine = RunMachine(plan: plan, state: RunState(record: record, stages: stages))
        committed = machine
        model = EndpointModel(kind: .managed, endpoint: endpoint)
    }

    var record: RunRecord { machine.record }
    /// Of the change that is to be sent now.
    var key: String? { if case .apply(_, let key, _) = effect { key } else { nil } }
    var events: [RunEvent] { commits.flatMap(\.events).map(\.event) }
    func stage(_ name: String) -> StageRecord? { machine.stages.first { $0.name == name } }

    mutating func give(_ input: RunMachine.Input) { take(machine.receive(input, at: now)) }

    mutating func begin() { give(.begin) }

    mutating func crash() {
        machine = committed
        begin()
    }

    /// Offers a request; false when the machine keeps it.
    mutating func offer(
        _ kind: Request.Kind, stage: String? = nil, by name: String = "bob", planHash: String = "hash",
        fingerprint: String? = nil, memberOf: String? = nil, reason: String? = nil
    ) -> Bool {
        let request = Request(
            number: 7, kind: kind, stage: stage ?? machine.stages.dropFirst(record.position).first?.name,
            planHash: planHash, fingerprint: fingerprint, by: Person(name: name, host: "desk"),
            memberOf: memberOf, at: now, reason: reason)
        let actions = machine.receive(.request(request), at: now)
        take(actions)
        return !actions.isEmpty
    }

    private mutating func take(_ actions: [RunMachine.Action]) {
        for action in actions {
            switch action {
            case .commit(let commit):
                commits.append(commit)
                committed = machine
            case .perform(let effect): self.effect = effect
            }
        }
    }

    /// Performs the present effect.
    mutating func step() {
        switch effect {
        case .observe:
            for change in underway { model.settle(change) }
            underway = []
            give(.observed(model.endpoint))
        case .apply(let change, let key, _): send(change, key: key)
        case .invoke:
            invocations += 1
            give(.finished(failure: result))
        case .run:
            programs += 1
            give(.finished(failure: result))
        case .measure: measure()
        case .wait(let until, .time):
            now = max(now, until)
            give(.timer)
        case .wait(let until, .people):
            now = max(now, until)
            give(.timer)
        case .stop: break
        }
    }

    private mutating func measure() {
        guard var analysis = record.analysis, let sum = totals(now) else {
            guard var analysis = record.analysis else { return give(.timer) }
            analysis.miss("no answer", signals: [:], at: now)
            give(.measured(analysis))
            return
        }
        let earlier = analysis.cursor.map { told[$0] }
        told.append(sum)
        analysis.take(sum.since(earlier, cursor: told.count - 1), signals: [:], at: now)
        give(.measured(analysis))
    }

    private mutating func send(_ change: Change, key: String) {
        if let error = answer(change) {
            sent.append((change, key, false))
            give(.refused(error))
            return
        }
        do {
            let before = model.endpoint
            try model.accept(change)
            sent.append((change, key, model.endpoint != before))
            if !change.isDone(in: model.endpoint) { underway.append(change) }
            give(.accepted)
        } catch {
            sent.append((change, key, false))
            give(.refused(BackendError(error.isTemporary ? .busy(retryAfter: .seconds(5)) : .refused, error.message)))
        }
    }

    /// Performs effects until `condition` holds, the run stops, or a person is waited for.
    mutating func run(approving: Bool = false, until condition: (Stand) -> Bool = { _ in false }) {
        for _ in 0..<5000 {
            if condition(self) || effect == .stop { return }
            if case .wait(_, .people) = effect {
                guard approving, offer(.approve) else { return }
                continue
            }
            step()
        }
    }
}

extension OutcomeReading {
    /// What was counted after `earlier`.
    func since(_ earlier: OutcomeReading?, cursor: Int) -> OutcomeReading {
        var reading = self
        reading.cursor = cursor
        for (name, counts) in earlier?.deployments ?? [:] {
            reading.deployments[name]?.requests -= counts.requests
            reading.deployments[name]?.errors -= counts.errors
        }
        for (name, counts) in earlier?.mirrored ?? [:] {
            reading.mirrored[name]?.pairs -= counts.pairs
            reading.mirrored[name]?.onlyLiveFailed -= counts.onlyLiveFailed
            reading.mirrored[name]?.onlyMirrorFailed -= counts.onlyMirrorFailed
            reading.mirrored[name]?.disagreed -= counts.disagreed
        }
        return reading
    }
}

extension EndpointSnapshot {
    static func shop(live: Name = "blue", instances: Int = 1) -> EndpointSnapshot {
        EndpointSnapshot(
            definition: EndpointDefinition(name: "shop"), traffic: DesiredAndActual([live: 100]),
            deployments: [DeploymentSnapshot(definition: .named(live, instances: instances))])
    }
}

/// A request that the machine must have acted on.
func expectUsed(_ used: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(used, "the request was kept for later", sourceLocation: sourceLocation)
}

/// A request that the machine must have kept for later.
func expectKept(_ used: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(!used, "the request was used", sourceLocation: sourceLocation)
}
