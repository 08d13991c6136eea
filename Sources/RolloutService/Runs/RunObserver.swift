package import RolloutEngine
package import Rollouts

/// Receives the progress of the work on a run.
package protocol RunObserver: Sendable {
    /// Called before anything is done.
    func begin(_ plan: Plan, _ state: RunState)
    /// Called with all progress, on the runner's task. It must return quickly.
    func show(_ progress: Runner.Progress)
    /// Called with each output line of a stage's program.
    func output(_ line: String, of stage: String)
    /// Called with the backend's notices, on any task.
    func hear(_ notice: BackendNotice)
}

/// How to work on a run.
package struct WorkOptions: Sendable {
    package var observer: any RunObserver
    /// Whether to wait at gates until they are decided, instead of returning.
    package var waitsForPeople: Bool
    /// Whether to slow a simulation down a little so that a person can watch it.
    package var isWatched: Bool

    package init(observer: any RunObserver, waitsForPeople: Bool, isWatched: Bool = false) {
        self.observer = observer
        self.waitsForPeople = waitsForPeople
        self.isWatched = isWatched
    }
}

/// The state of a run after this process has worked on it.
package struct RunEnd: Sendable {
    package var plan: Plan
    package var situation: RunSituation
    /// Whether the work was cancelled.
    package var isInterrupted = false
    /// The outcomes of the clients' requests while this process worked on the run; nil if it had no clients.
    package var clients: ClientCounts?
    /// What happens to the endpoint's clients after this process exits; nil if nothing changes.
    package var afterwards: String?

    package var record: RunRecord { situation.record }
}
