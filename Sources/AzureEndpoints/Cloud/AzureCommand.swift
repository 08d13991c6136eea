internal import Programs
internal import RolloutEngine
internal import Rollouts

/// Azure's own command line, `az`, which knows who is signed in and what the defaults are.
package struct AzureCommand: Sendable {
    /// Runs `az` with these arguments and returns what it printed; throws ``BackendError``.
    package var output: @Sendable (_ arguments: [String]) async throws -> String

    package init(_ output: @escaping @Sendable ([String]) async throws -> String) { self.output = output }

    /// The `az` on the search path.
    package static let installed = AzureCommand { arguments in
        let printed: ProgramLaunch.Printed?
        do {
            printed = try await ProgramLaunch(["az"] + arguments).printed(within: patience.duration)
        } catch let problem as ProgramProblem {
            if problem.isMissing { throw BackendError(.refused, "the program 'az' is not installed") }
            throw BackendError(.unavailable, "\(words(arguments)) could not be run: \(problem)")
        }
        guard let printed else {
            throw BackendError(.unavailable, "\(words(arguments)) has not answered for \(patience)")
        }
        // What it prints may be a secret: a failure tells what it said on its error output alone.
        guard printed.end == .exited(0) else {
            throw BackendError(.refused, "\(words(arguments)) failed: \(printed.reason)")
        }
        return printed.output
    }

    /// It starts slowly, and asks servers.
    private static let patience = Interval.seconds(60)

    /// The command, without its options.
    private static func words(_ arguments: [String]) -> String {
        "`" + (["az"] + arguments.prefix { !$0.hasPrefix("-") }).joined(separator: " ") + "`"
    }
}
