internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// A run as `status --json` and the last line of `run --json` tell it (JSON.md).
///
/// Every key is always there; what is not known is null.
struct RunReport: Encodable, Sendable {
    /// What this line is among the events of a run.
    let event = "run.summary"
    var run: RunID
    var playbook: String
    /// ``RunStatus``, or `interrupted` where no process works on a run that is neither held nor waiting, or `expired`
    /// where the time to decide its gate is over.
    var status: String
    /// Whether a process works on it; nil once it has ended.
    var runner: RunnerState?
    var backend: String
    var endpoint: Name
    var started: Timestamp
    var ended: Timestamp?
    var starter: Person
    /// Nil where the playbook names none.
    var roles: Roles?
    var stages: [Stage]
    /// Empty where there is no endpoint, or nobody has looked yet.
    var traffic: Wanted<Traffic>
    var mirrorTraffic: Wanted<Traffic>
    /// When ``traffic`` and ``mirrorTraffic`` were observed; nil before the first time.
    var observed: Timestamp?
    /// Why the endpoint cannot be observed now; nil where it was.
    var unobservable: String?
    /// How the endpoint differs from what the run left.
    var drift: [Difference]
    /// What the run waits for, or why it is held, as a fragment.
    var waitingFor: String?
    /// Decisions that the run has not used yet.
    var decisions: [DecisionReport]
    /// The command to type next, or nil when there is nothing left to do.
    var next: String?
    /// Who else has to decide, and how; nil where the person who asks may.
    var others: String?
    /// Everything that the person who asks can do next.
    var nextSteps: [NextStepReport]
    /// What its newest analysis says; nil where it has none.
    var analysis: AnalysisReport?
    /// What its clients have met; nil where it has none that are counted.
    var clients: ClientCounts?
    /// What serves each deployment; empty if that is not known.
    var servers: Servers

    struct Stage: Encodable, Sendable {
        var record: StageRecord
    }

    init(
        _ situation: RunSituation, clients: ClientCounts? = nil, servers: Servers = .none, unobservable: String? = nil
    ) {
        let record = situation.record
        let snapshot = record.latest.snapshot
        run = record.id
        playbook = record.id.playbook
        status = situation.isInterrupted ? "interrupted" : situation.isExpired ? "expired" : record.status.rawValue
        runner = record.status.isEnded ? nil : situation.runner
        backend = record.backend
        endpoint = record.endpoint
        started = record.started
        ended = record.ended
        starter = record.starter
        roles = record.roles
        stages = situation.stages.map(Stage.init)
        traffic = snapshot?.traffic ?? Wanted(.none)
        mirrorTraffic = snapshot?.mirrorTraffic ?? Wanted(.none)
        observed = record.latestAt
        self.unobservable = unobservable
        drift = situation.drift
        waitingFor = situation.waitingFor
        decisions = situation.decided.requests.map(DecisionReport.init)
        let command = NextCommand(situation)
        (next, others) = (command.text, command.others)
        nextSteps = situation.nextSteps.map { NextStepReport($0, situation) }
        analysis = record.analysis.map { AnalysisReport($0) }
        self.clients = clients
        self.servers = servers
    }

    private enum Key: String, CodingKey {
        case event, run, playbook, status, runner, backend, endpoint, started, ended, starter, roles, stages, traffic
        case mirrorTraffic = "mirror_traffic"
        case waitingFor = "waiting_for"
        case nextSteps = "next_steps"
        case observed, unobservable, drift, decisions, next, others, analysis, clients, servers
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(event, forKey: .event)
        try container.encode(run, forKey: .run)
        try container.encode(playbook, forKey: .playbook)
        try container.encode(status, forKey: .status)
        try container.encode(runner, forKey: .runner)
        try container.encode(backend, forKey: .backend)
        try container.encode(endpoint, forKey: .endpoint)
        try container.encode(JSONTime(started), forKey: .started)
        try container.encode(ended.map(JSONTime.init), forKey: .ended)
        try container.encode(starter.description, forKey: .starter)
        try container.encode(roles, forKey: .roles)
        try container.encode(stages, forKey: .stages)
        try container.encode(traffic, forKey: .traffic)
        try container.encode(mirrorTraffic, forKey: .mirrorTraffic)
        try container.encode(observed.map(JSONTime.init), forKey: .observed)
        try container.encode(unobservable, forKey: .unobservable)
        try container.encode(drift, forKey: .drift)
        try container.encode(waitingFor, forKey: .waitingFor)
        try container.encode(decisions, forKey: .decisions)
        try container.encode(next, forKey: .next)
        try container.encode(others, forKey: .others)
        try container.encode(nextSteps, forKey: .nextSteps)
        try container.encode(analysis, forKey: .analysis)
        try container.encode(clients, forKey: .clients)
        try container.encode(servers, forKey: .servers)
    }
}

/// A next step as JSON has it: the operation, and the command that performs it.
struct NextStepReport: Encodable, Sendable {
    var operation: String
    var command: String
    var purpose: String

    init(_ step: NextStep, _ situation: RunSituation) {
        operation = step.operation
        command = step.command(situation)
        purpose = step.purpose(situation)
    }
}

extension RunReport.Stage {
    private enum Key: String, CodingKey {
        case name, action, status, attempts, started, ended, reason
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(record.name, forKey: .name)
        try container.encode(record.action, forKey: .action)
        try container.encode(record.status, forKey: .status)
        try container.encode(record.attempts, forKey: .attempts)
        try container.encode(record.started.map(JSONTime.init), forKey: .started)
        try container.encode(record.ended.map(JSONTime.init), forKey: .ended)
        try container.encode(record.reason, forKey: .reason)
    }
}

extension RunSituation {
    /// What the run waits for, or why it is held, as a fragment; nil where nothing keeps it.
    var waitingFor: String? {
        let stage = stage ?? "the run"
        if decided.letsGoOn { return "a process that works on it: what was decided is not used yet" }
        let because = record.waitReason.map { ": \($0)" } ?? ""
        switch record.phase {
        case .starting, .ready: return record.waitReason
        case .ended: return nil
        case .waiting, .baking, .analysing: return gateWaitingFor
        case .acting(let attempt):
            guard attempt.step < attempt.steps.count else { return nil }
            return attempt.steps[attempt.step].waitingText + because
        case .backingOff(let until): return "another attempt of stage \(stage) at \(until.zoned)" + because
        case .rollingBack(let rollBack):
            return (rollBack.change.map { "the way back: \($0)" } ?? "the way back to what was observed at the start")
                + because
        case .held(let hold): return "a person's word on how to go on: \(hold.reason)"
        }
    }
}

extension RunEnd {
    /// The last line of a stream of events.
    var report: RunReport {
        RunReport(situation, clients: clients, servers: Servers(of: plan, by: record))
    }
}
