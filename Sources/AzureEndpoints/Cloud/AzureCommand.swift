internal import RolloutEngine
internal import Rollouts
internal import Subprocess

/// Azure's own command line, `az`, which knows who is signed in and what the defaults are.
package struct AzureCommand: Sendable {
    /// Runs `az` with these arguments and returns what it printed; throws ``BackendError``.
    package var output: @Sendable (_ arguments: [String]) async throws -> String

    package init(_ output: @escaping @Sendable ([String]) async throws -> String) { self.output = output }

    /// The `az` on the search path.
    package static let installed = AzureCommand { arguments in
        try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask { try await run(arguments) }
            group.addTask {
                try await Task.sleep(for: patience.duration)
                return nil
            }
            // Cancelling ends the process that is still running.
            defer { group.cancelAll() }
            guard let printed = try await group.next() ?? nil else {
                throw BackendError(.unavailable, "\(words(arguments)) has not answered for \(patience)")
            }
            return printed
        }
    }

    /// It starts slowly, and asks servers.
    private static let patience = Interval.seconds(60)

    /// What it prints may be a secret: a failure tells what it said on its error output alone.
    private static func run(_ arguments: [String]) async throws -> String {
        do {
            let result = try await Subprocess.run(
                .name("az"), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20))
            guard result.terminationStatus.isSuccess else {
                let said = result.standardError.split(whereSeparator: \.isNewline).last.map(String.init)
                throw BackendError(
                    .refused, "\(words(arguments)) failed: " + (said ?? "\(result.terminationStatus)"))
            }
            return result.standardOutput
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw BackendError(.refused, "the program 'az' is not installed")
        } catch let error as SubprocessError {
            throw BackendError(.unavailable, "\(words(arguments)) could not be run: \(error)")
        }
    }

    /// The command, without its options.
    private static func words(_ arguments: [String]) -> String {
        "`" + (["az"] + arguments.prefix { !$0.hasPrefix("-") }).joined(separator: " ") + "`"
    }
}
