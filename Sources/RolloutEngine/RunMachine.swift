package import Rollouts

/// The pure machine of a run: it decides what comes next, and never does it.
///
/// The runner gives it inputs and performs the actions that they lead to, in order. Every intent is committed before
/// its effect is asked for (P2); everything else that happened is committed with it, or at the latest
/// when a stage ends, a wait begins or the run stops.
package struct RunMachine: Sendable {
    package enum Input: Sendable {
        /// The process begins to work on the run, for the first time or again.
        case begin
        case observed(EndpointSnapshot?)
        /// The change was accepted; whether it is so is yet to be observed.
        case accepted
        /// The change was not accepted, or the endpoint could not be observed.
        case refused(BackendError)
        /// An invocation or a program is over: nil when it was as expected, else what was wrong.
        case finished(failure: String?)
        /// What an analysis has come to with one more reading.
        case measured(AnalysisRecord)
        /// A wait is over.
        case timer
        case request(Request)
        /// A decision that was made ahead of its gate, and the later one that takes its place.
        case replaced(Request, by: Request)
        /// A process that does not work on the run asks what is overdue and can be carried out without the endpoint; with
        /// the requests that the run has not used.
        case overdue(pending: [Request])
    }

    package enum Effect: Hashable, Sendable {
        case observe
        case apply(Change, key: String, attempt: Int)
        case invoke(Invocation)
        case run(Command)
        /// Reads what became of requests, for the analysis of the run's record.
        case measure
        case wait(until: Timestamp, Waiting)
        /// Nothing is left to do for this process: the run has ended, or is held for a person.
        case stop
    }

    /// What a wait is for.
    package enum Waiting: Hashable, Sendable {
        /// The backend, or time itself.
        case time(String)
        /// A person: real time, however fast the run's clock is.
        case people(String)
    }

    /// Why an attempt is over without success.
    struct AttemptFailure: Hashable, Sendable {
        var reason: String
        /// True of a refusal that asking again would meet again.
        var isRefused = false
    }

    package enum Action: Sendable {
        case commit(Commit)
        case perform(Effect)
    }

    @Shared package private(set) var plan: Plan
    package private(set) var state: RunState
    private var events: [StampedEvent] = []
    private var changedStages: Set<Int> = []
    private var usedRequests: [Int] = []
    private var adopted: PlanSnapshot?
    /// Why the attempt under way has failed, until the endpoint was observed.
    var failure: AttemptFailure?
    /// How often in a row an accepted change was not to be seen; some backends show it a moment later.
    var unseen = 0
    /// What the present wait is known to be for.
    var waitWatch = WaitWatch()
    /// When the endpoint was last looked at by this process while an analysis goes on.
    var lookedAt: Timestamp?

    package var record: RunRecord { state.record }
    package var stages: [StageRecord] { state.stages }

    /// How often an endpoint is looked at while it changes; a backend whose changes take less than the usual minutes is
    /// looked at more often.
    package var pollInterval = Interval.seconds(5)
    /// How often it is looked at while it bakes or waits for people; a backend that is looked at for nothing is so more
    /// often, since clients are failed until it is.
    package var watchInterval = Interval.seconds(10)
    /// Polls until an accepted change that is not to be seen counts as undone by somebody.
    static let patience = 3
    /// How often an analysis reads (Analysis.md).
    static let readingInterval = Interval.seconds(1)
    /// How long readings are gathered before they are made durable; a crash reads them again from the last cursor.
    static let readingsCommitInterval = Interval.seconds(10)
    static let rollBackTimeout = Interval.hours(2)
    /// Stages without any effect that are committed at once, so that each costs less than one flush to disk.
    static let stagesPerCommit = 8

    package init(plan: Plan, state: RunState) {
        self.plan = plan
        self.state = state
    }

    /// The stage that is under way or next, or nil when all are done.
    var stage: Stage? {
        plan.stages.indices.contains(record.position) ? plan.stages[record.position] : nil
    }

    /// Where in the run things happen: the stage's name, or `roll-back`.
    var scene: String {
        if case .rollingBack = record.phase { return "roll-back" }
        return stage?.name ?? "end"
    }

    /// Takes `input`; an empty answer means that what was asked for last is still to be done.
    package mutating func receive(_ input: Input, at now: Timestamp) -> [Action] {
        switch input {
        case .request(let request): return receive(request, at: now)
        case .replaced(let request, let later): return replace(request, by: later, at: now)
        case .overdue(let requests): return expire(with: requests, at: now)
        case .observed(let snapshot): state.saw(Observation(snapshot), at: now)
        case .begin, .accepted, .refused, .finished, .measured, .timer: break
        }
        switch record.phase {
        case .starting: return starting(input, at: now)
        case .ready: return ready(input, at: now)
        case .waiting(let gate): return waiting(input, gate, at: now)
        case .acting(let attempt): return acting(input, attempt, at: now)
        case .baking(let until): return baking(input, until: until, at: now)
        case .analysing: return analysing(input, at: now)
        case .backingOff(let until): return backingOff(input, until: until, at: now)
        case .rollingBack(let rollBack): return rollingBack(input, rollBack, at: now)
        case .held(let hold): return held(input, hold, at: now)
        case .ended: return stop()
        }
    }

    /// Notes that a process took the run up again, or leaves it; written with whatever is committed next.
    package mutating func note(_ event: RunEvent, at now: Timestamp) { apply(event, at: now) }

    /// Uses an edited playbook from here on (P7); an open gate is voided.
    package mutating func adopt(
        _ snapshot: PlanSnapshot, stages: [StageRecord], differences: [String], at now: Timestamp
    ) {
        if case .waiting = record.phase { apply(.gateVoided(reason: "the playbook was edited"), at: now) }
        plan = snapshot.plan
        adopted = snapshot
        apply(.planAdopted(hash: snapshot.hash, stages: stages, differences: differences), at: now)
        changedStages = Set(stages.indices)
    }

    /// What was decided and not committed yet, or nil.
    package mutating func flush() -> Commit? {
        guard !events.isEmpty || adopted != nil else { return nil }
        let stages = Dictionary(uniqueKeysWithValues: changedStages.map { ($0, state.stages[$0]) })
        defer {
            events = []
            changedStages = []
            usedRequests = []
            adopted = nil
        }
        return Commit(
            run: record.id, events: events, record: record, stages: stages, usedRequests: usedRequests,
            adopted: adopted)
    }

    mutating func apply(_ event: RunEvent, at now: Timestamp) {
        let position = record.position
        let stamped = StampedEvent(at: now, stage: position < stages.count ? position : nil, event: event)
        let before = event.touchesManyStages ? state.stages : []
        let present = position < stages.count ? stages[position] : nil
        if event.endsWait { waitWatch = WaitWatch() }
        state.apply(stamped)
        if event.touchesManyStages {
            for index in state.stages.indices where index >= before.count || state.stages[index] != before[index] {
                changedStages.insert(index)
            }
        } else if let present, state.stages[position] != present {
            changedStages.insert(position)
        }
        events.append(stamped)
    }

    /// Takes back the readings that were not committed yet, so that they become one event with the next one.
    mutating func takeBackReadings() -> [CoursePoint] {
        guard case .evidenceGathered(_, let course)? = events.last?.event else { return [] }
        events.removeLast()
        return course
    }

    /// True when nothing waits to be committed but readings that are not due yet.
    func mayGather(at now: Timestamp, for interval: Interval) -> Bool {
        events.allSatisfy { stamped in
            guard case .evidenceGathered(_, let course) = stamped.event else { return false }
            return course.first.map { now - $0.at < interval && now >= $0.at } ?? true
        }
    }

    mutating func use(_ request: Request) { usedRequests.append(request.number) }

    /// Commits everything so far and then asks for `effect`.
    mutating func commit(then effect: Effect) -> [Action] {
        guard let commit = flush() else { return [.perform(effect)] }
        return [.commit(commit), .perform(effect)]
    }

    mutating func stop() -> [Action] { commit(then: .stop) }

    /// A wait that ends at the latest at `deadline`, so that the endpoint is looked at now and then.
    ///
    /// `cause` is what the backend says of it, which is told where the wait takes long.
    mutating func wait(
        _ interval: Interval? = nil, at now: Timestamp, deadline: Timestamp, for reason: String, because cause: String?
    ) -> [Action] {
        explain(cause, at: now)
        let effect = Effect.wait(
            until: max(min(now + (interval ?? pollInterval), deadline), now), .time(reason))
        guard waitWatch.isTold else { return [.perform(effect)] }
        waitWatch.isTold = false
        return commit(then: effect)
    }

    /// Waits for an endpoint that cannot be looked at now.
    mutating func waitToObserve(
        after error: BackendError, until deadline: Timestamp = .distantFuture, at now: Timestamp
    ) -> [Action] {
        wait(
            at: now, deadline: deadline, for: "the endpoint to be observed: \(error.message)", because: error.message)
    }

    /// Tells why the run waits, once it has for a while, and again when the reason is another.
    mutating func explain(_ cause: String?, at now: Timestamp) {
        guard waitWatch.isToTell(cause, at: now), let cause else { return }
        apply(.waitExplained(reason: cause), at: now)
        waitWatch.isTold = true
    }

    mutating func hold(_ cause: Hold.Cause, _ reason: String, at now: Timestamp) -> [Action] {
        apply(.runHeld(Hold(cause: cause, reason: reason)), at: now)
        return stop()
    }

    mutating func end(_ status: RunStatus, _ reason: String, observed: Observation, at now: Timestamp) -> [Action] {
        apply(.runEnded(status, reason: reason, observed: observed), at: now)
        return stop()
    }
}

extension RunEvent {
    fileprivate var touchesManyStages: Bool {
        switch self {
        case .runEnded(let status, _, _): status == .rolledBack || status == .aborted
        case .planAdopted: true
        default: false
        }
    }
}
