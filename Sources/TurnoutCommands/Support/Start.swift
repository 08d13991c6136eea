internal import ArgumentParser
internal import LocalEndpoints
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

extension Turnout {
    /// Runs the command in the process's arguments, and exits with its status.
    package static func start() async {
        // A closed pipe must not end a rollout; the failed write is noticed instead.
        signal(SIGPIPE, SIG_IGN)
        Log.start()
        endProcess(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs the command in `arguments`, and reports errors.
    ///
    /// - Returns: The exit status.
    static func run(_ arguments: [String]) async -> Int32 {
        do {
            try UnknownCommand.check(arguments)
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            try StandardOutput.shared.check()
            return ExitStatus.finished.rawValue
        } catch {
            if arguments.prefix(while: { $0 != "--" }).contains("--json") { printJSON(error) }
            return status(after: error)
        }
    }

    /// Prints the error as JSON on standard output as well.
    private static func printJSON(_ error: any Error) {
        guard let report = ErrorReport(error) else { return }
        do { StandardOutput.shared.line(try JSONText.line(report)) } catch {
            Notices.warn("could not encode the error as JSON: \(error)")
        }
    }

    /// Prints an error, and returns the exit status for it.
    private static func status(after error: any Error) -> Int32 {
        switch error {
        case let failure as CommandFailure:
            if !failure.message.isEmpty { Notices.error(failure.message) }
            return failure.status.rawValue
        case let error as ServiceError:
            for finding in error.findings { Notices.tell(.finding(finding)) }
            Notices.error(error.text)
            return error.exitStatus.rawValue
        case let error as JournalError:
            Notices.error(error.message)
            if error.code == .tampered { Notices.say("`turnout doctor` and `turnout events --verify` show details") }
            return error.exitStatus.rawValue
        case let error as BackendError:
            Notices.error(error.message)
            return error.exitStatus.rawValue
        case let error as EmulatorError:
            Notices.error(error.message)
            return error.exitStatus.rawValue
        case is CancellationError: return ExitStatus.interrupted.rawValue
        default: return statusAsParsed(after: error)
        }
    }

    /// Handles usage errors, `--help`, `--version` and completion scripts as ArgumentParser does.
    private static func statusAsParsed(after error: any Error) -> Int32 {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code.isSuccess {
            if !message.isEmpty { StandardOutput.shared.line(message) }
            do throws(CommandFailure) { try StandardOutput.shared.check() } catch { return status(after: error) }
            return code.rawValue
        }
        guard !(error is ExitCode) else {
            // Keep a non-zero status, and also report an output error.
            do throws(CommandFailure) { try StandardOutput.shared.check() } catch { Notices.error(error.message) }
            return code.rawValue
        }
        let prefix = "Error: "
        Notices.error(message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
        return code.rawValue
    }
}

/// Calls the C function, because commands have a method `exit`.
private func endProcess(_ status: Int32) -> Never { exit(status) }

extension EmulatorError {
    var exitStatus: ExitStatus {
        switch code {
        case .inUse: .notOurs
        case .address: .usage
        case .storage: .stateNotWritten
        case .setting: .usage
        case .unsafe, .failed: .failed
        }
    }
}

extension BackendError {
    var exitStatus: ExitStatus {
        switch code {
        case .storage: .stateNotWritten
        case .fenced: .notOurs
        case .refused, .busy, .unavailable: .failed
        }
    }
}
