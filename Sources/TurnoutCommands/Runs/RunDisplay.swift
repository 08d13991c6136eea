internal import RolloutEngine
internal import Rollouts

/// How a run is shown while it goes on: lines, JSON lines, or a live tree.
protocol RunDisplay: Sendable {
    /// Told before anything is done.
    func begin(_ plan: Plan, _ state: RunState)
    /// Told of everything, from the runner's own task: it must be quick.
    func show(_ progress: Runner.Progress)
    /// A line of a stage's program.
    func output(_ line: String, of stage: String)
    /// What the backend says of its own accord, from any task.
    func hear(_ news: WorldNews)
    /// Lives beside the runner until it is cancelled; what redraws and reads keys does it here.
    func live() async
    /// The last word; nothing is shown after it.
    func end(_ end: RunEnd)
    /// Gives the terminal back, when the process must leave at once.
    func abandon()
}

extension RunDisplay {
    func live() async {}
    func abandon() {}
}

/// How one process's work on a run came out.
struct RunEnd: Sendable {
    var situation: RunSituation
    /// True when a signal ended the work.
    var isInterrupted: Bool
    /// What the run's clients have met while this process worked on it; nil where it had none.
    var clients: ClientsReport?
    /// What becomes of the endpoint's clients when this process has ended; nil where nothing changes.
    var afterwards: String?
    /// What serves the run's deployments.
    var servers = Servers.none

    var record: RunRecord { situation.record }

    var report: RunReport {
        var report = RunReport(situation, clients: clients, servers: servers)
        report.event = "run.summary"
        return report
    }
}
