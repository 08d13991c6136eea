internal import Rollouts

/// A run's records, which are the result of applying its events in order.
///
/// Every change goes through ``apply(_:)``, so that replaying the journal's events yields the contents of the derived
/// tables.
package struct RunState: Hashable, Sendable {
    package private(set) var record: RunRecord
    package private(set) var stages: [StageRecord]

    package init(record: RunRecord, stages: [StageRecord]) {
        self.record = record
        self.stages = stages
    }

    package mutating func apply(_ stamped: StampedEvent) {
        let now = stamped.at
        if stamped.event.endsWait { record.waitReason = nil }
        switch stamped.event {
        case .runStarted, .requestMade, .requestVoided, .runLeft, .gateRefused: break
        case .waitExplained(let reason): record.waitReason = reason
        case .baselineObserved(let observation):
            // A fork of a run that was not rolled back restores the state before that run.
            if record.baseline == .never { record.baseline = observation }
            expect(observation, at: now)
            record.phase = .ready
        case .runResumed:
            if record.status == .running { record.reason = nil }
        case .stageSkipped(let reason, _): endStage(.skipped, reason: reason, at: now)
        case .gateOpened(let gate):
            begin(.waiting, at: now)
            set(.waiting, "stage \(stages[record.position].name) waits for an approval", .waiting(gate))
        case .approvalCounted(_, let person): countApproval(by: person)
        case .gateExpired(let reason): expireGate(reason, at: now)
        case .gateVoided(let reason):
            stages[record.position].reason = reason
            setStage(.pending)
            set(.running, nil, .ready)
        case .gatePassed:
            setStage(.running)
            set(.running, nil, .ready)
        case .attemptStarted(let attempt):
            begin(.running, at: now)
            stages[record.position].attempts = attempt.number
            stages[record.position].reason = nil
            set(.running, nil, .acting(attempt))
        case .changeAccepted: accept()
        case .stepDone(let observed, let next): stepDone(observed, next: next, at: now)
        case .attemptFailed(let reason, let observed):
            stages[record.position].reason = reason
            expect(observed, at: now)
            record.phase = .ready
        case .retryScheduled(let until): record.phase = .backingOff(until: until)
        case .bakeStarted(let until, let observed):
            begin(.running, at: now)
            stages[record.position].attempts = max(stages[record.position].attempts, 1)
            expect(observed, at: now)
            set(.running, nil, .baking(until: until))
        case .analysisStarted(let analysis, let observed):
            begin(.running, at: now)
            stages[record.position].attempts = max(stages[record.position].attempts, 1)
            expect(observed, at: now)
            record.analysis = analysis
            set(.running, nil, .analysing)
        case .evidenceGathered(let analysis, _): record.analysis = analysis
        case .stageSucceeded(let observed, let reason, _):
            begin(.running, at: now)
            stages[record.position].attempts = max(stages[record.position].attempts, 1)
            expect(observed, at: now)
            rememberFirstService(observed)
            endStage(.succeeded, reason: reason, at: now)
        case .stageFailed(let reason):
            stages[record.position].reason = reason
            stages[record.position].status = .failed
            stages[record.position].ended = now
        case .runHeld(let hold):
            if record.position < stages.count {
                stages[record.position].status = .held
                stages[record.position].reason = hold.reason
            }
            set(.held, hold.reason, .held(hold))
        case .holdReleased(let how, _, _): releaseHold(how, at: now)
        case .driftAdopted(let observed): expect(observed, at: now)
        case .driftUndone(let observed):
            expect(observed, at: now)
            if record.position < stages.count { setStage(.pending) }
            set(.running, nil, .ready)
        case .planAdopted(let hash, let stages, _):
            record.planHash = hash
            self.stages = stages
        case .rollBackStarted(let rollBack):
            set(.running, rollBack.cause, .rollingBack(rollBack))
            record.ended = nil  // set if the run had ended early
        case .rollBackIntended(let change, let intent):
            updateRollBack {
                $0.changes += 1
                $0.change = change
                $0.intent = intent
            }
        case .rollBackChangeDone(let observed):
            saw(observed, at: now)
            updateRollBack {
                $0.change = nil
                $0.intent = nil
            }
        case .runEnded(let status, let reason, let observed):
            if status == .rolledBack || status == .aborted { markRolledBack(at: now) }
            if observed != .never { saw(observed, at: now) }
            set(status, reason, .ended)
            record.ended = now
        }
    }

    /// Records an observation for display only.
    mutating func saw(_ observation: Observation, at now: Timestamp) {
        record.latest = observation
        record.latestAt = now
    }

    private mutating func set(_ status: RunStatus, _ reason: String?, _ phase: Phase) {
        record.status = status
        record.reason = reason
        record.phase = phase
    }

    private mutating func setStage(_ status: StageStatus) { stages[record.position].status = status }

    private mutating func begin(_ status: StageStatus, at now: Timestamp) {
        stages[record.position].status = status
        stages[record.position].started = stages[record.position].started ?? now
        stages[record.position].ended = nil
    }

    private mutating func endStage(_ status: StageStatus, reason: String?, at now: Timestamp) {
        stages[record.position].status = status
        stages[record.position].reason = reason
        stages[record.position].ended = now
        record.position += 1
        record.forgivenAttempts = 0
        set(.running, nil, .ready)
    }

    private mutating func expect(_ observation: Observation, at now: Timestamp) {
        guard observation != .never else { return }
        record.expected = observation
        saw(observation, at: now)
    }

    /// If the endpoint served no clients at the start, the first state that does becomes the baseline.
    private mutating func rememberFirstService(_ observation: Observation) {
        guard record.baseline != .never, (record.baseline.snapshot?.traffic.wanted ?? .none).isEmpty,
            let traffic = observation.snapshot?.traffic, traffic.wanted.sum == 100, traffic.actual == traffic.wanted
        else { return }
        record.baseline = observation
    }

    private mutating func countApproval(by person: Person) {
        guard case .waiting(var gate) = record.phase else { return }
        gate.approvals.append(person)
        record.phase = .waiting(gate)
    }

    private mutating func expireGate(_ reason: String, at now: Timestamp) {
        guard case .waiting(var gate) = record.phase else { return }
        gate.expired = now
        set(.waiting, reason, .waiting(gate))
    }

    private mutating func accept() {
        switch record.phase {
        case .acting(var attempt):
            attempt.intent.accepted = true
            record.phase = .acting(attempt)
        case .rollingBack: updateRollBack { $0.intent?.accepted = true }
        default: break
        }
    }

    private mutating func stepDone(_ observed: Observation, next: Intent, at now: Timestamp) {
        expect(observed, at: now)
        guard case .acting(var attempt) = record.phase else { return }
        attempt.step += 1
        attempt.intent = next
        record.phase = .acting(attempt)
    }

    private mutating func updateRollBack(_ body: (inout RollBack) -> Void) {
        guard case .rollingBack(var rollBack) = record.phase else { return }
        body(&rollBack)
        record.phase = .rollingBack(rollBack)
    }

    private mutating func releaseHold(_ how: Request.Kind, at now: Timestamp) {
        guard case .held(let hold) = record.phase else { return }
        if case .rollBackFailed(var rollBack) = hold.cause {
            rollBack.change = nil
            rollBack.intent = nil
            set(.running, rollBack.cause, .rollingBack(rollBack))
            return
        }
        // After a person has let drift or an unknown outcome pass, the next observation becomes the expected state.
        switch hold.cause {
        case .drift where how != .restore:
            record.expected = .never
            if how == .adopt { record.adopted = now }
        case .unknown: record.expected = .never
        case .drift, .adopted, .failed, .timedOut, .inconclusive, .rollBackFailed: break
        }
        if record.position < stages.count {
            setStage(.pending)
            stages[record.position].reason = nil
            record.forgivenAttempts = stages[record.position].attempts
        }
        set(.running, nil, .ready)
    }

    /// Marks the stages whose traffic was reverted.
    private mutating func markRolledBack(at now: Timestamp) {
        for index in stages.indices {
            switch stages[index].status {
            case .succeeded where stages[index].action == .traffic || stages[index].action == .mirrorTraffic:
                stages[index].status = .rolledBack
            case .running, .waiting, .held:
                stages[index].status = .rolledBack
                stages[index].ended = now
            default: break
            }
        }
    }
}

extension RunEvent {
    /// Whether the event means that the run is no longer waiting for whatever it waited for.
    var endsWait: Bool {
        switch self {
        case .requestMade, .requestVoided, .waitExplained, .changeAccepted: false
        default: true
        }
    }
}
