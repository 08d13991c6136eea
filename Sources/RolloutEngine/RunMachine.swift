package import Rollouts

/// The pure state machine of a run: it decides what comes next, but never acts.
///
/// The runner gives it inputs and performs the resulting actions in order. Every intent is committed before its effect
/// is requested (P2). Everything else is committed with it, or at the latest when a stage ends, a wait begins or the
/// run stops.
package struct RunMachine: Sendable {
    package enum Input: Sendable {
        /// A process begins to work on the run, for the first time or again.
        case begin
        case observed(EndpointSnapshot?)
        /// The change was accepted; its effect is yet to be observed.
        case accepted
        /// The change was not accepted, or the endpoint could not be observed.
        case refused(BackendError)
        /// An invocation or a program has finished; `failure` says what went wrong, if anything.
        case finished(failure: String?)
        /// The state of an analysis after one more reading.
        case measured(AnalysisRecord)
        /// A wait has ended.
        case timer
        case request(Request)
        /// A decision that was made ahead of its gate, and the later one that replaces it.
        case replaced(Request, by: Request)
        /// A process that does not work on the run asks what is overdue and can be done without the endpoint.
        ///
        /// `pending` are the requests that the run has not used.
        case overdue(pending: [Request])
    }

    package enum Effect: Hashable, Sendable {
        case observe
        case apply(Change, key: String, attempt: Int)
        case invoke(Invocation)
        case run(Command)
        /// Reads the outcomes of requests for the analysis in the run's record.
        case measure
        case wait(until: Timestamp, Waiting)
        /// This process has nothing left to do: the run has ended or is held for a person.
        case stop
    }

    /// What a wait is for.
    package enum Waiting: Hashable, Sendable {
        /// The backend, or a point in time.
        case time(String)
        /// A person, who takes real time regardless of the run's clock.
        case people(String)
    }

    /// Why an attempt ended without success.
    struct AttemptFailure: Hashable, Sendable {
        var reason: String
        /// Whether a retry would be refused as well.
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
    /// Why the current attempt has failed; set until the endpoint has been observed.
    var failure: AttemptFailure?
    /// How many times in a row an accepted change was not visible; some backends show changes with a delay.
    var unseen = 0
    /// What is known about the current wait.
    var waitReporter = WaitReporter()
    /// When this process last observed the endpoint during an analysis.
    var lookedAt: Timestamp?

    package var record: RunRecord { state.record }
    package var stages: [StageRecord] { state.stages }

    /// How often a changing endpoint is observed.
    ///
    /// Backends whose changes take less than the usual minutes use a shorter interval.
    package var pollInterval = Interval.seconds(5)
    /// How often an endpoint is observed during a bake or while waiting for people.
    ///
    /// Backends for which observing costs nothing use a shorter interval, since clients fail until a fault is noticed.
    package var watchInterval = Interval.seconds(10)
    /// The number of polls after which an accepted change that is still not visible counts as undone.
    static let patience = 3
    /// How often an analysis takes a reading (Analysis.md).
    static let readingInterval = Interval.seconds(1)
    /// How long readings are collected before they are committed; after a crash they are read again from the last
    /// cursor.
    static let readingsCommitInterval = Interval.seconds(10)
    static let rollBackTimeout = Interval.hours(2)
    /// The number of effect-free stages per commit, so that each costs less than one flush to disk.
    static let stagesPerCommit = 8

    package init(plan: Plan, state: RunState) {
        self.plan = plan
        self.state = state
    }

    /// The current or next stage, or `nil` if all are done.
    var stage: Stage? {
        plan.stages.indices.contains(record.position) ? plan.stages[record.position] : nil
    }

    /// Where in the run something happens: a stage's name, `roll-back` or `end`.
    var scene: String {
        if case .rollingBack = record.phase { return "roll-back" }
        return stage?.name ?? "end"
    }

    /// Handles `input`; an empty result means that the last requested effect is still pending.
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

    /// Records that a process resumed or left the run; the event is written with the next commit.
    package mutating func note(_ event: RunEvent, at now: Timestamp) { apply(event, at: now) }

    /// Switches to an edited playbook from here on (P7); an open gate is voided.
    package mutating func adopt(
        _ snapshot: PlanSnapshot, stages: [StageRecord], differences: [String], at now: Timestamp
    ) {
        if case .waiting = record.phase { apply(.gateVoided(reason: "the playbook was edited"), at: now) }
        plan = snapshot.plan
        adopted = snapshot
        apply(.planAdopted(hash: snapshot.hash, stages: stages, differences: differences), at: now)
        changedStages = Set(stages.indices)
    }

    /// Returns what was decided but not committed yet, or `nil` if there is nothing.
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
        if event.endsWait { waitReporter = WaitReporter() }
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

    /// Removes the readings that were not committed yet, so that they are merged with the next one into one event.
    mutating func removeUncommittedReadings() -> [CoursePoint] {
        guard case .evidenceGathered(_, let course)? = events.last?.event else { return [] }
        events.removeLast()
        return course
    }

    /// Whether only readings are uncommitted, and the oldest of them is more recent than `interval`.
    func canKeepGathering(at now: Timestamp, for interval: Interval) -> Bool {
        events.allSatisfy { stamped in
            guard case .evidenceGathered(_, let course) = stamped.event else { return false }
            return course.first.map { now - $0.at < interval && now >= $0.at } ?? true
        }
    }

    mutating func use(_ request: Request) { usedRequests.append(request.number) }

    /// Commits everything so far and then requests `effect`.
    mutating func commit(then effect: Effect) -> [Action] {
        guard let commit = flush() else { return [.perform(effect)] }
        return [.commit(commit), .perform(effect)]
    }

    mutating func stop() -> [Action] { commit(then: .stop) }

    /// Waits until `deadline` at the latest, or for a shorter interval so that the endpoint is observed in between.
    ///
    /// `cause` is the backend's explanation, which is reported if the wait takes long.
    mutating func wait(
        _ interval: Interval? = nil, at now: Timestamp, deadline: Timestamp, for reason: String, because cause: String?
    ) -> [Action] {
        explain(cause, at: now)
        let effect = Effect.wait(
            until: max(min(now + (interval ?? pollInterval), deadline), now), .time(reason))
        guard waitReporter.isTold else { return [.perform(effect)] }
        waitReporter.isTold = false
        return commit(then: effect)
    }

    /// Waits because the endpoint cannot be observed at present.
    mutating func waitToObserve(
        after error: BackendError, until deadline: Timestamp = .distantFuture, at now: Timestamp
    ) -> [Action] {
        wait(
            at: now, deadline: deadline, for: "the endpoint to respond: \(error.message)", because: error.message)
    }

    /// Records why the run is waiting, once the wait has lasted a while, and again if the reason changes.
    mutating func explain(_ cause: String?, at now: Timestamp) {
        guard waitReporter.shouldReport(cause, at: now), let cause else { return }
        apply(.waitExplained(reason: cause), at: now)
        waitReporter.isTold = true
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
