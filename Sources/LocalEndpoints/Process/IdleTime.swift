internal import FoundationEssentials
internal import PlaybookSyntax
package import Rollouts

/// How long an emulator that nothing uses stays: `5m`, `90s`, or `never` for one that does not leave by itself.
package struct IdleTime: Hashable, Sendable, CustomStringConvertible {
    /// Nil: it stays.
    package var interval: Interval?

    /// Of an emulator that a run or a command by hand starts.
    ///
    /// Long enough to try a request after a run, or to read what it said and approve its next stage; short enough that
    /// servers with a model don't stay for the day.
    package static let standard = IdleTime(.minutes(5))
    package static let never = IdleTime(nil)
    package static let variable = "TURNOUT_SERVE_IDLE"

    package init(_ interval: Interval?) { self.interval = interval }

    /// Nil where the text is neither a time of a second or more nor `never`.
    package init?(_ text: String) {
        guard text != "never" else {
            self.init(nil)
            return
        }
        guard let interval = Interval(named: text), interval >= .seconds(1) else { return nil }
        self.init(interval)
    }

    /// What `TURNOUT_SERVE_IDLE` says, or the default.
    package static func current(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(EmulatorError) -> IdleTime {
        guard let text = environment[variable], !text.isEmpty else { return standard }
        guard let time = IdleTime(text) else {
            throw EmulatorError(
                .setting, "\(variable): '\(text)' is not a duration of 1s or more, such as 90s or 10m, or 'never'")
        }
        return time
    }

    package var description: String { interval.map { "\($0)" } ?? "never" }
}
