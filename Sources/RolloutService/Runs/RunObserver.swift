package import RolloutEngine
package import Rollouts

/// Who watches the work on a run.
package protocol RunObserver: Sendable {
    /// Told before anything is done.
    func begin(_ plan: Plan, _ state: RunState)
    /// Told of everything, from the runner's own task: it must be quick.
    func show(_ progress: Runner.Progress)
    /// A line of a stage's program.
    func output(_ line: String, of stage: String)
    /// What the backend says of its own accord, from any task.
    func hear(_ notice: BackendNotice)
}

/// How a run is worked on.
package struct WorkOptions: Sendable {
    package var observer: any RunObserver
    /// Stays at gates instead of leaving.
    package var waitsForPeople: Bool
    /// Gives a simulation a little real time, so that a person can watch it.
    package var isWatched: Bool

    package init(observer: any RunObserver, waitsForPeople: Bool, isWatched: Bool = false) {
        self.observer = observer
        self.waitsForPeople = waitsForPeople
        self.isWatched = isWatched
    }
}

/// Where a run stands when the work on it is over, for now or for good.
package struct RunEnd: Sendable {
    package var plan: Plan
    package var situation: RunSituation
    /// True when the work was cancelled.
    package var isInterrupted = false
    /// What the run's clients have met while this process worked on it; nil where it had none.
    package var clients: ClientCounts?
    /// What becomes of the endpoint's clients when this process has ended; nil where nothing changes.
    package var afterwards: String?

    package var record: RunRecord { situation.record }
}
