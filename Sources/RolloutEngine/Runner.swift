package import Logging
package import RolloutStatistics
package import Rollouts

/// Performs the effects that a run's machine requests, and feeds it their results.
///
/// Only one runner at a time works on an endpoint: every write carries the lease's epoch (P5).
package struct Runner: Sendable {
    package var journal: any Journal
    package var backend: any Backend
    package var clock: any RunClock
    package var lease: Lease
    /// Whether to wait at a gate for people; if false, the runner stops at an undecided gate.
    package var waitsForPeople: Bool
    /// Runs a stage's program until it ends or is cancelled, and returns `nil` on success, else what went wrong.
    package var runCommand: @Sendable (Command) async -> String?
    /// Reads the value of an analysis's query.
    package var readSignal: @Sendable (PrometheusLimits) async -> Reading.Signal
    /// Receives everything that was committed or is being done, for display.
    package var observer: @Sendable (Progress) -> Void
    package var logger: Logger

    package enum Progress: Sendable {
        case committed([StampedEvent], RunState)
        case performing(RunMachine.Effect, RunState)
    }

    package enum Outcome: Hashable, Sendable {
        /// The run has ended or is held for a person, as the record says.
        case stopped
        /// A gate waits for people, but this runner does not.
        case waiting
        /// The task was cancelled; everything is checkpointed.
        case interrupted
    }

    package init(
        journal: any Journal, backend: any Backend, clock: any RunClock, lease: Lease, waitsForPeople: Bool,
        runCommand: @escaping @Sendable (Command) async -> String?,
        readSignal: @escaping @Sendable (PrometheusLimits) async -> Reading.Signal,
        observer: @escaping @Sendable (Progress) -> Void = { _ in },
        logger: Logger = Logger(label: "turnout.runner")
    ) {
        self.journal = journal
        self.backend = backend
        self.clock = clock
        self.lease = lease
        self.waitsForPeople = waitsForPeople
        self.runCommand = runCommand
        self.readSignal = readSignal
        self.observer = observer
        var logger = logger
        logger[metadataKey: "run"] = "\(lease.run)"
        logger[metadataKey: "epoch"] = "\(lease.epoch)"
        self.logger = logger
    }

    /// Works on the run until it stops.
    ///
    /// - Throws: ``JournalError`` if the journal could not be written or another runner took over; ``BackendError``
    ///   with code `storage` if the backend's state could not be written. Nothing is done after that.
    package func run(_ machine: inout RunMachine) async throws -> Outcome {
        var actions = machine.receive(.begin, at: clock.now())
        while true {
            guard let effect = try commit(&actions, of: machine) else {
                actions = machine.receive(.timer, at: clock.now())
                continue
            }
            if let preempting = try offerRequests(to: &machine) {
                actions = preempting
                continue
            }
            if effect == .stop { return .stopped }
            guard !Task.isCancelled else { return try leave(&machine) }
            if case .wait(let until, .people) = effect, !waitsForPeople, clock.now() < until {
                try keep(&machine)
                return .waiting
            }
            logger.trace("performing", metadata: ["effect": "\(effect)", "scene": "\(machine.scene)"])
            observer(.performing(effect, machine.state))
            do {
                let input = try await perform(effect, for: machine.record, scene: machine.scene)
                actions = machine.receive(input, at: clock.now())
            } catch is CancellationError {
                return try leave(&machine)
            }
        }
    }

    /// Commits what must be durable, and returns the effect to perform next.
    private func commit(_ actions: inout [RunMachine.Action], of machine: RunMachine) throws(JournalError)
        -> RunMachine.Effect?
    {
        defer { actions = [] }
        for action in actions {
            switch action {
            case .commit(let commit):
                try journal.commit(commit, under: lease)
                logger.debug(
                    "committed",
                    metadata: ["events": "\(commit.events.map(\.event.kind))", "scene": "\(machine.scene)"])
                observer(.committed(commit.events, machine.state))
            case .perform(let effect): return effect
            }
        }
        return nil
    }

    /// Returns the actions caused by a request that arrived in the meantime, or `nil` if there is none.
    private func offerRequests(to machine: inout RunMachine) throws(JournalError) -> [RunMachine.Action]? {
        let pending = try journal.pendingRequests(of: machine.record.id)
        for request in pending {
            let input = pending.replacement(of: request).map { RunMachine.Input.replaced(request, by: $0) }
            let actions = machine.receive(input ?? .request(request), at: clock.now())
            if !actions.isEmpty { return actions }
        }
        return nil
    }

    private func leave(_ machine: inout RunMachine) throws(JournalError) -> Outcome {
        machine.note(.runLeft(reason: "interrupted"), at: clock.now())
        try keep(&machine)
        return .interrupted
    }

    /// Commits everything that is not durable yet.
    private func keep(_ machine: inout RunMachine) throws(JournalError) {
        if let commit = machine.flush() {
            try journal.commit(commit, under: lease)
            observer(.committed(commit.events, machine.state))
        }
    }

    private func perform(
        _ effect: RunMachine.Effect, for record: RunRecord, scene: String
    ) async throws -> RunMachine.Input {
        do {
            switch effect {
            case .observe: return .observed(try await backend.observe(record.endpoint))
            case .apply(let change, let key, let attempt):
                let context = ChangeContext(
                    run: record.id, stage: scene, attempt: attempt, idempotencyKey: key,
                    epoch: lease.epoch)
                try await backend.apply(change, to: record.endpoint, as: context)
                return .accepted
            case .invoke(let invocation):
                return try await withHeartbeat(within: rest(of: record)) {
                    try await backend.failure(of: invocation, on: record.endpoint)
                }
            case .run(let command):
                return try await withHeartbeat(within: rest(of: record)) { await runCommand(command) }
            case .measure: return try await measure(for: record)
            case .wait(let until, .people): return try await wait(until: until, for: record.id, people: true)
            case .wait(let until, .time): return try await wait(until: until, for: record.id, people: false)
            case .stop: return .timer
            }
        } catch let error as BackendError {
            logger.debug("refused", metadata: ["code": "\(error.code)", "message": "\(error.message)"])
            switch error.code {
            case .fenced:
                throw JournalError(
                    .fenced,
                    "\(error.message); this process is stopping; once the other runner is done, continue with "
                        + "`turnout resume \(record.id)`")
            case .storage: throw error
            case .refused, .busy, .unavailable: return .refused(error)
            }
        }
    }

    /// Takes one more reading for the run's analysis.
    ///
    /// Time advances even if the backend reports nothing. Missing outcomes are not evidence; at the end of the
    /// analysis, the playbook decides what to do about that.
    private func measure(for record: RunRecord) async throws -> RunMachine.Input {
        guard var analysis = record.analysis else { return .timer }
        var signals: [String: Reading.Signal] = [:]
        for case .prometheus(let limits) in analysis.gate.specification.metrics {
            signals[limits.name] = await readSignal(limits)
        }
        do throws(BackendError) {
            let outcomes = try await backend.outcomes(of: record.endpoint, since: analysis.cursor)
            analysis.take(outcomes, signals: signals, at: clock.now())
        } catch {
            guard error.code != .storage, error.code != .fenced else { throw error }
            logger.debug("not measured", metadata: ["code": "\(error.code)", "message": "\(error.message)"])
            analysis.miss(error.message, signals: signals, at: clock.now())
        }
        return .measured(analysis)
    }

    /// Waits in slices, so that requests are noticed and the lease is renewed.
    private func wait(until deadline: Timestamp, for run: RunID, people: Bool) async throws -> RunMachine.Input {
        guard clock.now() < deadline else { return .timer }
        var beat = ContinuousClock.now
        let waiting = try journal.pendingRequests(of: run).map(\.number)
        while true {
            if people {
                try await clock.idle(until: min(deadline, clock.now() + .milliseconds(250)))
            } else {
                try await clock.sleep(until: min(deadline, clock.now() + clock.longestSlice))
            }
            if ContinuousClock.now - beat > Self.heartbeatInterval {
                try journal.heartbeat(lease)
                beat = .now
            }
            guard try clock.now() < deadline && journal.pendingRequests(of: run).map(\.number) == waiting else {
                return .timer
            }
        }
    }

    private static let heartbeatInterval = Duration.seconds(5)

    /// Renews the lease while `effect` runs, and cancels it at the time limit or if the run is to be aborted.
    ///
    /// A cancelled effect does not count as failed: the pending abort determines what happens next.
    private func withHeartbeat(
        within limit: Interval, _ effect: @escaping @Sendable () async throws -> String?
    ) async throws -> RunMachine.Input {
        try await withThrowingTaskGroup(of: Finished.self) { group in
            group.addTask {
                do { return .effect(try await effect()) } catch is CancellationError { return .effect("cancelled") }
            }
            if limit < .distantFuture {
                group.addTask {
                    do { try await Task.sleep(for: min(limit, .hours(24 * 365)).duration) } catch { return .watched }
                    return .late
                }
            }
            group.addTask {
                while true {
                    do { try await Task.sleep(for: .milliseconds(500)) } catch { return .watched }
                    try journal.heartbeat(lease)
                    if try journal.pendingRequests(of: lease.run).contains(where: { $0.kind == .abort }) {
                        return .aborted
                    }
                }
            }
            defer { group.cancelAll() }
            var cancelled: RunMachine.Input?
            while let finished = try await group.next() {
                switch finished {
                case .effect(let failure):
                    try Task.checkCancellation()
                    return cancelled ?? .finished(failure: failure)
                case .aborted:
                    cancelled = .timer
                    group.cancelAll()
                case .late:
                    cancelled = cancelled ?? .finished(failure: "it did not finish within \(limit)")
                    group.cancelAll()
                case .watched: continue
                }
            }
            return .timer
        }
    }

    /// Returns the time that the current attempt has left.
    private func rest(of record: RunRecord) -> Interval {
        guard case .acting(let attempt) = record.phase, attempt.deadline < .distantFuture else { return .distantFuture }
        return max(attempt.deadline - clock.now(), .zero)
    }

    private enum Finished: Sendable {
        case effect(String?)
        case aborted
        case late
        /// A watching task was cancelled.
        case watched
    }
}
