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
    /// Runs the command that this process was called with, and ends the process with its exit status.
    package static func start() async {
        // A reader that has gone is noticed by the write that fails, and ends no rollout.
        signal(SIGPIPE, SIG_IGN)
        Log.start()
        endProcess(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs the command that `arguments` are, and says what became of it.
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
            if arguments.prefix(while: { $0 != "--" }).contains("--json") { tellPrograms(error) }
            return status(after: error)
        }
    }

    /// Standard output says it too where a program reads that.
    private static func tellPrograms(_ error: any Error) {
        guard let report = ErrorReport(error) else { return }
        do { StandardOutput.shared.line(try JSONText.line(report)) } catch {
            Notices.warn("the error could not be written as JSON: \(error)")
        }
    }

    /// Says what went wrong.
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
            if error.code == .tampered { Notices.say("`turnout doctor` and `turnout events --verify` tell more") }
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

    /// Usage errors, `--help`, `--version` and completion scripts are ArgumentParser's.
    private static func statusAsParsed(after error: any Error) -> Int32 {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code.isSuccess {
            if !message.isEmpty { StandardOutput.shared.line(message) }
            do throws(CommandFailure) { try StandardOutput.shared.check() } catch { return status(after: error) }
            return code.rawValue
        }
        guard !(error is ExitCode) else {
            // A status that says more than 0 stays; what was not shown is said beside it.
            do throws(CommandFailure) { try StandardOutput.shared.check() } catch { Notices.error(error.message) }
            return code.rawValue
        }
        let prefix = "Error: "
        Notices.error(message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
        return code.rawValue
    }
}

/// Commands have an `exit` of their own.
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
