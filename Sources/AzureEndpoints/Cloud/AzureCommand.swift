internal import Programs
internal import RolloutEngine
internal import Rollouts

/// Azure's command line, `az`, which provides the signed-in user's tokens and default settings.
package struct AzureCommand: Sendable {
    /// Runs `az` with these arguments and returns its standard output; throws ``BackendError``.
    package var output: @Sendable (_ arguments: [String]) async throws -> String

    package init(_ output: @escaping @Sendable ([String]) async throws -> String) { self.output = output }

    /// The `az` in `PATH`.
    package static let installed = AzureCommand { arguments in
        let printed: ProgramLaunch.Printed?
        do {
            printed = try await ProgramLaunch(["az"] + arguments).printed(within: patience.duration)
        } catch let problem as ProgramProblem {
            if problem.isMissing { throw BackendError(.refused, "the program 'az' is not installed") }
            throw BackendError(.unavailable, "\(words(arguments)) could not be run: \(problem)")
        }
        guard let printed else {
            throw BackendError(.unavailable, "\(words(arguments)) did not finish within \(patience)")
        }
        // Standard output may contain a secret, so a failure quotes standard error only.
        guard printed.end == .exited(0) else {
            throw BackendError(.refused, "\(words(arguments)) failed: \(printed.reason)")
        }
        return printed.output
    }

    /// The timeout of one command.
    ///
    /// `az` starts slowly and sends requests to servers.
    private static let patience = Interval.seconds(60)

    /// The command without its options.
    private static func words(_ arguments: [String]) -> String {
        "`" + (["az"] + arguments.prefix { !$0.hasPrefix("-") }).joined(separator: " ") + "`"
    }
}
