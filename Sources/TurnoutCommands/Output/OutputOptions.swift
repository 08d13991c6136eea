internal import ArgumentParser
internal import Rollouts

/// The output format of a command.
///
/// All formats are defined here.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    /// Prints a result: `payload` as JSON, or `text`.
    func show(_ payload: some Encodable, _ text: (Terminal) throws -> String) throws {
        StandardOutput.shared.line(try json ? JSONText.pretty(payload) : text(.standardOutput))
    }

    /// Prints one of many results on a separate line.
    func showLine(_ payload: some Encodable, _ text: (Terminal) throws -> String) throws {
        StandardOutput.shared.line(try json ? JSONText.line(payload) : text(.standardOutput))
    }
}
