internal import Rollouts

/// The life of one instance: what happens to it goes in, and what is to be done comes out.
///
/// It does no I/O and keeps no time: whoever drives it performs the actions, tells their results, and calls
/// ``receive(_:at:)`` with ``Event/time`` when ``wakeUp`` has come.
struct InstanceMachine: Hashable {
    struct Settings: Hashable {
        var liveness = Probe()
        var readiness = Probe()
        /// False for a server that somebody else starts and ends.
        var isOwned = true
        var backOff = BackOff()
        /// How long one that leaves goes on with what it was asked before it is told to end.
        var drain = Interval.seconds(6)
        /// How long one that was told to end may take.
        var grace = Interval.seconds(10)
    }

    enum Kind: Hashable {
        case liveness, readiness
    }

    enum Event: Hashable {
        case start
        /// The server's process runs.
        case launched
        /// There is no process, because of `reason`.
        case notLaunched(reason: String)
        /// `output` is what it said last.
        case exited(reason: String, output: String)
        /// `failure` is nil when it answered as it should; `output` is the error that it has told meanwhile, as of a worker
        /// that was killed while the server lives on.
        case probed(Kind, failure: String?, output: String? = nil)
        /// To leave without losing what it was asked.
        case drain
        /// Of one that drains: what it was asked is answered.
        case drained
        /// To end now, within `grace`.
        case stop(grace: Interval)
        case time
    }

    enum Action: Hashable {
        case launch
        case probe(Kind, timeout: Interval)
        case terminate
        case kill
        /// A line of the log; the instance is named beside it.
        case say(String)
    }

    enum Phase: Hashable {
        case idle
        case launching
        case running(Running)
        case backingOff(until: Timestamp)
        /// It gets nothing new any more; `terminate` and `kill` are when it is told so.
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
    /// True once it was ready.
    private(set) var wasReady = false
    /// Ends in a row, each before ``BackOff/forgets`` had passed.
    private(set) var crashes = 0
    /// Why it isn't ready.
    private(set) var reason: String?
    /// What it said of its end, or of why it is not ready.
    private(set) var lastOutput = ""
    private var isStopped = false
    /// When the log was last told that it isn't ready.
    private var saidUnready: Timestamp?
    /// What a server may take for its start before the log tells that it isn't ready.
    private static let usualStart = Interval.seconds(3)

    init(settings: Settings) { self.settings = settings }

    var isReady: Bool {
        guard case .running(let running) = phase else { return false }
        return running.isReady
    }

    var isGone: Bool { phase == .gone }

    /// True while it waits for its next start.
    var isBackingOff: Bool {
        guard case .backingOff = phase else { return false }
        return true
    }

    /// True once it was told to end for good.
    var isLeaving: Bool { isStopped || isGone }

    /// Since when it has drained; nil if it doesn't, or not any more.
    var drainsSince: Timestamp? {
        guard case .leaving(let terminate?, _, restarts: false) = phase, settings.isOwned else { return nil }
        return terminate - settings.drain
    }

    /// When ``Event/time`` is to be told next.
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
        // One that was told to leave while it was being launched is told so again, now that it can hear it.
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
        // One that was ended because it was not well has its reason already.
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
                saidUnready = time
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

    /// True where the log should have it that a probe failed: of one that was ready at once, else when it takes long, and
    /// then once a period, however often it is asked.
    private func isNews(ofBeingUnready running: Running, _ verdict: ProbeSchedule.Verdict, at time: Timestamp) -> Bool {
        guard !running.isReady else { return true }
        guard verdict == .ill || time - running.since >= Self.usualStart else { return false }
        guard let last = saidUnready, last >= running.since else { return true }
        return time - last >= max(settings.readiness.period, .seconds(1))
    }

    private mutating func leave(drain: Interval, grace: Interval, at time: Timestamp) -> [Action] {
        switch phase {
        case .idle, .backingOff, .gone:
            phase = .gone
            return []
        case .launching:
            // A process may exist by now: its end is waited for.
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
            // Told once more a second later, should it still be there.
            phase = .leaving(terminate: nil, kill: time + .seconds(1), restarts: restarts)
            return [.kill]
        }
    }
}
