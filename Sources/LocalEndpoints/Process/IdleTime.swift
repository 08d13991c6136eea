internal import FoundationEssentials
internal import PlaybookSyntax
package import Rollouts

/// How long an unused emulator stays before it exits: a duration such as `5m` or `90s`, or `never`.
package struct IdleTime: Hashable, Sendable, CustomStringConvertible {
    /// The duration; `nil` for an emulator that stays.
    package var interval: Interval?

    /// The default for an emulator that a run or a command starts.
    ///
    /// It is long enough to try a request after a run, or to read its output and approve its next stage, and short
    /// enough that servers with a model do not stay all day.
    package static let standard = IdleTime(.minutes(5))
    package static let never = IdleTime(nil)
    package static let variable = "TURNOUT_SERVE_IDLE"

    package init(_ interval: Interval?) { self.interval = interval }

    /// Parses the text; returns `nil` if it is neither a duration of at least 1s nor `never`.
    package init?(_ text: String) {
        guard text != "never" else {
            self.init(nil)
            return
        }
        guard let interval = Interval(named: text), interval >= .seconds(1) else { return nil }
        self.init(interval)
    }

    /// The value of `TURNOUT_SERVE_IDLE`, or the default if it is unset or empty.
    ///
    /// - Throws: ``EmulatorError`` with ``EmulatorError/Code/setting`` if the value is invalid.
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
