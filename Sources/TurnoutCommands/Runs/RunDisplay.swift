internal import RolloutService

/// How a run is shown while it goes on: lines, JSON lines, or a live tree.
protocol RunDisplay: RunObserver {
    /// Lives beside the runner until it is cancelled; what redraws and reads keys does it here.
    func live() async
    /// The last word about work that was shown; nothing is shown after it.
    func end(_ end: RunEnd)
    /// The only word about a run that was not worked on here.
    func tell(_ end: RunEnd)
    /// Gives the terminal back, when the process must leave at once.
    func abandon()
}

extension RunDisplay {
    func live() async {}
    func abandon() {}

    func tell(_ end: RunEnd) {
        for line in EndLines(end).lines(Terminal.standardOutput.style) { StandardOutput.shared.line(line) }
    }
}
