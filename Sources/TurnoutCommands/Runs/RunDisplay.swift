internal import RolloutService

/// Shows a run in progress: as lines, JSON lines, or a live tree.
protocol RunDisplay: RunObserver {
    /// Runs concurrently with the runner until it is cancelled, for redrawing and reading keys.
    func live() async
    /// Shows the end of work that was shown; nothing is shown after it.
    func end(_ end: RunEnd)
    /// Shows the state of a run that this process has not worked on.
    func tell(_ end: RunEnd)
    /// Restores the terminal if the process must exit at once.
    func abandon()
}

extension RunDisplay {
    func live() async {}
    func abandon() {}

    func tell(_ end: RunEnd) {
        for line in RunEndText(end).lines(Terminal.standardOutput.style) { StandardOutput.shared.line(line) }
    }
}
