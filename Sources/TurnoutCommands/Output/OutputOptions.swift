internal import ArgumentParser
internal import Rollouts

/// In which form a command prints what it has found: the only place that knows the forms.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    /// Prints a result: `payload` for programs, `text` for people.
    func show(_ payload: some Encodable, _ text: (Terminal) throws -> String) throws {
        StandardOutput.shared.line(try json ? JSONText.pretty(payload) : text(.standardOutput))
    }

    /// Prints one of many results, each on a line of its own.
    func showLine(_ payload: some Encodable, _ text: (Terminal) throws -> String) throws {
        StandardOutput.shared.line(try json ? JSONText.line(payload) : text(.standardOutput))
    }
}
