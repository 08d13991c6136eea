internal import Programs
internal import Rollouts
internal import Synchronization

/// A program that is run while an environment is built.
struct BuildStep {
    var arguments: [String]
    var guardian: Guardian?

    /// Runs the program to its end, and passes on its output line by line.
    ///
    /// Throws `ImageBuildFailure` with the last lines if the program fails. Cancellation kills it.
    func run(line: @escaping @Sendable (String) -> Void) async throws {
        let lines = ProgramLines(line: line)
        let group = Mutex<Int32?>(nil)
        defer { if let group = group.withLock({ $0 }) { guardian?.forget(group) } }
        let end: ProgramLaunch.End
        do {
            end = try await ProgramLaunch(arguments, environment: ServerEnvironment.builders).run { number in
                group.withLock { $0 = number }
                guardian?.watch(number)
            } output: { bytes in
                lines.take(bytes)
            }
        } catch let problem as ProgramProblem {
            throw InstanceProblem(
                code: "ImageBuildFailure", message: "\(arguments.first ?? "") cannot be started: \(problem)")
        }
        lines.finish()
        try Task.checkCancellation()
        guard end != .exited(0) else { return }
        throw InstanceProblem(
            code: "ImageBuildFailure",
            message: "\(arguments.joined(separator: " ")) \(end): " + lines.lastLines.joined(separator: " ⏎ "))
    }
}
