internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts

/// How a command that works on a run shows it, and whether it stays for people.
struct RunOptions: ParsableArguments {
    @Flag(help: "Stay at a gate until it is decided, instead of leaving with 11.")
    var wait = false

    @Flag(help: "Write one JSON object per line, and at last the run's status.")
    var json = false

    /// What the work on `plan` is shown by, whether it stays at gates, and how fast a simulation is.
    func presentation(_ plan: Plan, _ journal: any Journal) -> Presentation {
        let terminal = Terminal.standardOutput
        guard !json else { return Presentation(display: JSONDisplay(), waitsForPeople: wait, pace: .none) }
        guard terminal.isInteractive else {
            return Presentation(display: LineDisplay(style: terminal.style), waitsForPeople: wait, pace: .none)
        }
        let asks = KeyReader.isPossible
        return Presentation(
            display: TreeDisplay(style: terminal.style, asks: asks, journal: journal), waitsForPeople: wait || asks,
            pace: .watching(plan))
    }

    struct Presentation {
        var display: any RunDisplay
        var waitsForPeople: Bool
        var pace: Pace
    }
}
