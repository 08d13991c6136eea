internal import Rollouts

/// The state machine of one instance: it receives events and returns actions.
///
/// It does no I/O and has no clock: its driver performs the actions, reports their results, and calls
/// ``receive(_:at:)`` with ``Event/time`` at ``wakeUp``.
struct InstanceMachine: Hashable {
    struct Settings: Hashable {
        var liveness = Probe()
        var readiness = Probe()
        /// Whether Turnout starts and stops the server; false for an external server.
        var isOwned = true
        var backOff = BackOff()
        /// How long an instance that is removed may finish its requests before it is terminated.
        var drain = Interval.seconds(6)
        /// How long an instance may take to exit after it was terminated, before it is killed.
        var grace = Interval.seconds(10)
    }

    enum Kind: Hashable {
        case liveness, readiness
    }

    enum Event: Hashable {
        case start
        /// The server's process is running.
        case launched
        /// No process could be started.
        case notLaunched(reason: String)
        /// The process ended; `output` is its last error.
        case exited(reason: String, output: String)
        /// A probe ended; `failure` is nil if it succeeded.
        ///
        /// `output` is an error in the running server's output, for example that a worker was killed.
        case probed(Kind, failure: String?, output: String? = nil)
        /// Remove the instance without losing requests.
        case drain
        /// All requests of the draining instance are answered.
        case drained
        /// Stop the instance now; it is killed after `grace`.
        case stop(grace: Interval)
        case time
    }

    enum Action: Hashable {
        case launch
        case probe(Kind, timeout: Interval)
        case terminate
        case kill
        /// Log a line, which is prefixed with the instance's name.
        case say(String)
    }

    enum Phase: Hashable {
        case idle
        case launching
        case running(Running)
        case backingOff(until: Timestamp)
        /// The instance gets no new requests, and is terminated and killed at the given times.
        case leaving(terminate: Timestamp?, kill: Timestamp, restarts: Bool)
        case gone
    }

    struct Running: Hashable {
        var since: Timestamp
        var readiness: ProbeSchedule
        var liveness: ProbeSchedule?
        var isReady = false
    }

    let settings: Settings
    private(set) var phase = Phase.idle
    /// Whether the instance has ever been ready.
    private(set) var wasReady = false
    /// The number of consecutive ends, each within ``BackOff/forgets`` of its start.
    private(set) var crashes = 0
    /// Why the instance is not ready.
    private(set) var reason: String?
    /// The server's own error about its end, or about not being ready.
    private(set) var lastOutput = ""
    private var isStopped = false
    /// When a failed readiness probe was last logged.
    private var lastUnreadyLog: Timestamp?
    /// How long a server may take to start before failed readiness probes are logged.
    private static let usualStartupTime = Interval.seconds(3)

    init(settings: Settings) { self.settings = settings }

    var isReady: Bool {
        guard case .running(let running) = phase else { return false }
        return running.isReady
    }

    var isGone: Bool { phase == .gone }

    /// Whether the instance waits for its restart.
    var isBackingOff: Bool {
        guard case .backingOff = phase else { return false }
        return true
    }

    /// Whether the instance is being removed or has ended permanently.
    var isLeaving: Bool { isStopped || isGone }

    /// When the instance began to drain; nil if it is not draining.
    var drainsSince: Timestamp? {
        guard case .leaving(let terminate?, _, restarts: false) = phase, settings.isOwned else { return nil }
        return terminate - settings.drain
    }

    /// When the next ``Event/time`` is due.
    var wakeUp: Timestamp? {
        switch phase {
        case .idle, .launching, .gone: nil
        case .running(let running): [running.readiness.due, running.liveness?.due].compactMap(\.self).min()
        case .backingOff(let until): until
        case .leaving(let terminate, let kill, _): terminate ?? kill
        }
    }

    mutating func receive(_ event: Event, at time: Timestamp) -> [Action] {
        switch event {
        case .start:
            guard phase == .idle else { return [] }
            return launch(at: time)
        case .launched: return launched(at: time)
        case .notLaunched(let reason): return ended(reason, "", at: time)
        case .exited(let reason, let output): return ended(reason, output, at: time)
        case .probed(let kind, let failure, let output):
            if let output { lastOutput = output }
            return probed(kind, failure, at: time)
        case .drain: return leave(drain: settings.isOwned ? settings.drain : .zero, grace: settings.grace, at: time)
        case .drained: return endDraining(at: time)
        case .stop(let grace): return leave(drain: .zero, grace: grace, at: time)
        case .time: return tick(at: time)
        }
    }

    private mutating func launch(at time: Timestamp) -> [Action] {
        guard settings.isOwned else {
            run(at: time)
            return tick(at: time)
        }
        phase = .launching
        return [.launch]
    }

    private mutating func launched(at time: Timestamp) -> [Action] {
        guard phase == .launching else { return [] }
        let said = ["Pulled: server is present", "Created: server created", "Started: server started"].map(Action.say)
        run(at: time)
        return said + tick(at: time)
    }

    private mutating func run(at time: Timestamp) {
        phase = .running(
            Running(
                since: time, readiness: ProbeSchedule(settings.readiness, isEager: true, at: time),
                liveness: settings.isOwned ? ProbeSchedule(settings.liveness, isEager: false, at: time) : nil))
    }

    private mutating func ended(_ reason: String, _ output: String, at time: Timestamp) -> [Action] {
        switch phase {
        case .idle, .gone, .backingOff: return []
        case .leaving(_, _, restarts: false):
            phase = .gone
            return []
        case .running(let running) where time - running.since >= settings.backOff.forgets: crashes = 0
        case .launching, .running, .leaving: break
        }
        guard !isStopped else {
            phase = .gone
            return []
        }
        crashes += 1
        lastOutput = output
        // An instance that was ended by its liveness probe already has a reason.
        if case .leaving = phase {} else { self.reason = reason }
        let pause = settings.backOff.pause(after: crashes)
        phase = .backingOff(until: time + pause)
        return [.say(reason), .say("BackOff: restarting the server in \(pause)")]
    }

    private mutating func probed(_ kind: Kind, _ failure: String?, at time: Timestamp) -> [Action] {
        guard case .running(var running) = phase else { return [] }
        var actions: [Action] = []
        switch kind {
        case .readiness:
            let verdict = running.readiness.ended(well: failure == nil, at: time)
            if let failure, isNews(ofBeingUnready: running, verdict, at: time) {
                actions.append(.say("ReadinessProbeFailed: \(failure)"))
                lastUnreadyLog = time
            }
            if verdict == .well, !running.isReady {
                running.isReady = true
                wasReady = true
                reason = nil
                actions.append(.say("ready"))
            } else if verdict == .ill {
                running.isReady = false
            }
            if !running.isReady, let failure { reason = "ReadinessProbeFailed: \(failure)" }
            phase = .running(running)
        case .liveness:
            guard let verdict = running.liveness?.ended(well: failure == nil, at: time) else { return [] }
            phase = .running(running)
            guard let failure else { break }
            actions.append(.say("LivenessProbeFailed: \(failure)"))
            guard verdict == .ill else { break }
            reason = "LivenessProbeFailed: \(failure)"
            phase = .leaving(terminate: nil, kill: time + settings.grace, restarts: true)
            actions += [.say("Killing: the server failed its liveness probe and will be restarted"), .terminate]
        }
        return actions + tick(at: time)
    }

    /// Whether a failed readiness probe should be logged.
    ///
    /// A failure of a ready instance is always logged. Otherwise failures are logged only after the usual startup time,
    /// and then once per period however often the instance is probed.
    private func isNews(ofBeingUnready running: Running, _ verdict: ProbeSchedule.Verdict, at time: Timestamp) -> Bool {
        guard !running.isReady else { return true }
        guard verdict == .ill || time - running.since >= Self.usualStartupTime else { return false }
        guard let last = lastUnreadyLog, last >= running.since else { return true }
        return time - last >= max(settings.readiness.period, .seconds(1))
    }

    private mutating func leave(drain: Interval, grace: Interval, at time: Timestamp) -> [Action] {
        switch phase {
        case .idle, .backingOff, .gone:
            phase = .gone
            return []
        case .launching:
            // A process may exist by now, so its end must be awaited.
            phase = .leaving(terminate: time + .milliseconds(100), kill: time + grace, restarts: false)
            isStopped = true
            return []
        case .running where !settings.isOwned:
            phase = .gone
            return []
        case .running, .leaving:
            isStopped = true
            guard drain > .zero else {
                phase = .leaving(terminate: nil, kill: time + grace, restarts: false)
                return [.say("Killing: stopping the server"), .terminate]
            }
            phase = .leaving(terminate: time + drain, kill: time + drain + grace, restarts: false)
            return []
        }
    }

    private mutating func endDraining(at time: Timestamp) -> [Action] {
        guard drainsSince != nil else { return [] }
        phase = .leaving(terminate: nil, kill: time + settings.grace, restarts: false)
        return [.say("Killing: stopping the server"), .terminate]
    }

    private mutating func tick(at time: Timestamp) -> [Action] {
        switch phase {
        case .idle, .launching, .gone: return []
        case .running(var running):
            var actions: [Action] = []
            if running.readiness.begins(at: time) {
                actions.append(.probe(.readiness, timeout: settings.readiness.timeout))
            }
            if running.liveness?.begins(at: time) == true {
                actions.append(.probe(.liveness, timeout: settings.liveness.timeout))
            }
            phase = .running(running)
            return actions
        case .backingOff(let until):
            guard until <= time else { return [] }
            return launch(at: time)
        case .leaving(let terminate?, let kill, let restarts):
            guard terminate <= time else { return [] }
            phase = .leaving(terminate: nil, kill: kill, restarts: restarts)
            return [.say("Killing: stopping the server"), .terminate]
        case .leaving(nil, let kill, let restarts):
            guard kill <= time else { return [] }
            // Killed again a second later if the process still exists.
            phase = .leaving(terminate: nil, kill: time + .seconds(1), restarts: restarts)
            return [.kill]
        }
    }
}
