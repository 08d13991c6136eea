internal import ArgumentParser
internal import FoundationEssentials
internal import PlaybookSyntax
internal import Rollouts

/// How long an emulator that nothing uses stays: `5m`, `90s`, or `never` for one that does not leave by itself.
struct IdleTime: ExpressibleByArgument, Hashable, CustomStringConvertible {
    /// Nil: it stays.
    var interval: Interval?

    /// Of an emulator that a run or a command by hand starts.
    ///
    /// Long enough to try a request after a run, or to read what it said and approve its next stage; short enough that
    /// servers with a model don't stay for the day.
    static let standard = IdleTime(.minutes(5))
    static let never = IdleTime(nil)
    static let variable = "TURNOUT_SERVE_IDLE"

    init(_ interval: Interval?) { self.interval = interval }

    init?(argument: String) {
        guard argument != "never" else {
            self.init(nil)
            return
        }
        guard let interval = Interval(named: argument), interval >= .seconds(1) else { return nil }
        self.init(interval)
    }

    /// What `TURNOUT_SERVE_IDLE` says, or the default.
    static func current(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) -> IdleTime {
        guard let text = environment[variable], !text.isEmpty else { return standard }
        guard let time = IdleTime(argument: text) else {
            throw CommandFailure(
                .usage, "\(variable): '\(text.printable)' is not a time of 1s or more, such as 90s or 10m, or 'never'")
        }
        return time
    }

    var description: String { interval.map { "\($0)" } ?? "never" }
    var defaultValueDescription: String { description }
}
