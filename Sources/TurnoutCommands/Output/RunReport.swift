internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// A run in `status --json` and in the last line of `run --json` (JSON.md).
///
/// Every key is always present; unknown values are null.
struct RunReport: Encodable, Sendable {
    /// Distinguishes this line from the events of a run.
    let event = "run.summary"
    var run: RunID
    var playbook: String
    /// A ``RunStatus``, `interrupted` if no process is working on a run that is neither held nor waiting, or `expired`
    /// if its gate has timed out.
    var status: String
    /// Whether a process is working on the run; nil once it has ended.
    var runner: RunnerState?
    var backend: String
    var endpoint: Name
    var started: Timestamp
    var ended: Timestamp?
    var starter: Person
    /// Nil if the playbook uses no roles.
    var roles: Roles?
    var stages: [Stage]
    /// Empty if there is no endpoint, or it has not been observed yet.
    var traffic: DesiredAndActual<Traffic>
    var mirrorTraffic: DesiredAndActual<Traffic>
    /// When ``traffic`` and ``mirrorTraffic`` were observed; nil if they have not been.
    var observed: Timestamp?
    /// Why the endpoint could not be observed; nil if it was.
    var unobservable: String?
    /// How the endpoint differs from the state in which the run left it.
    var drift: [Difference]
    /// What the run waits for, or why it is held, as a fragment.
    var waitingFor: String?
    /// Decisions that the run has not used yet.
    var decisions: [DecisionReport]
    /// The recommended command; nil if there is nothing to do.
    var next: String?
    /// Who else must decide, and how; nil if the caller may.
    var others: String?
    /// All next steps that the caller may take.
    var nextSteps: [NextStepReport]
    /// The latest analysis; nil if there is none.
    var analysis: AnalysisReport?
    /// The outcomes of its clients' requests; nil if they are not counted.
    var clients: ClientCounts?
    /// What serves each deployment; empty if unknown.
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
        traffic = snapshot?.traffic ?? DesiredAndActual(.none)
        mirrorTraffic = snapshot?.mirrorTraffic ?? DesiredAndActual(.none)
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

/// A next step in JSON: the operation, and the command that performs it.
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
    /// What the run waits for, or why it is held, as a fragment; nil if it is not waiting.
    var waitingFor: String? {
        let stage = stage ?? "the run"
        if decided.allowsContinuing { return "a process to carry out the decision" }
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
            return (rollBack.change.map { "the rollback: \($0)" } ?? "the rollback to the initial traffic")
                + because
        case .held(let hold): return "a person's decision: \(hold.reason)"
        }
    }
}

extension RunEnd {
    /// The report for the last line of an event stream.
    var report: RunReport {
        RunReport(situation, clients: clients, servers: Servers(of: plan, by: record))
    }
}
