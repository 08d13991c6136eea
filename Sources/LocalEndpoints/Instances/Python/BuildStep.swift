internal import Programs
internal import Rollouts
internal import Synchronization

/// One program that is run to its end while an environment is built.
struct BuildStep {
    var arguments: [String]
    var guardian: Guardian?

    /// Runs it, and passes its lines on.
    ///
    /// Throws `ImageBuildFailure` with the last of them when it fails. Cancelled, it is killed.
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
