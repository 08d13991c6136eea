internal import ArgumentParser
internal import LocalEndpoints
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService

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
        do {
            try UnknownCommand.check(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            try StandardOutput.shared.check()
        } catch {
            leave(after: error)
        }
    }

    private static func leave(after error: any Error) -> Never {
        switch error {
        case let failure as CommandFailure:
            if !failure.message.isEmpty { Notices.error(failure.message) }
            failure.status.endProcess()
        case let error as ServiceError:
            for finding in error.findings { Notices.tell(.finding(finding)) }
            Notices.error(error.text)
            error.exitStatus.endProcess()
        case let error as JournalError:
            Notices.error(error.message)
            if error.code == .tampered { Notices.say("`turnout doctor` and `turnout events --verify` tell more") }
            error.exitStatus.endProcess()
        case let error as BackendError:
            Notices.error(error.message)
            error.exitStatus.endProcess()
        case let error as EmulatorError:
            Notices.error(error.message)
            error.exitStatus.endProcess()
        case is CancellationError: ExitStatus.interrupted.endProcess()
        default: leaveAsParsed(after: error)
        }
    }

    /// Usage errors, `--help`, `--version` and completion scripts are ArgumentParser's.
    private static func leaveAsParsed(after error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code.isSuccess {
            if !message.isEmpty { StandardOutput.shared.line(message) }
            do throws(CommandFailure) { try StandardOutput.shared.check() } catch { leave(after: error) }
            code.endProcess()
        }
        guard !(error is ExitCode) else {
            // A status that says more than 0 stays; what was not shown is said beside it.
            do throws(CommandFailure) { try StandardOutput.shared.check() } catch { Notices.error(error.message) }
            code.endProcess()
        }
        let prefix = "Error: "
        Notices.error(message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
        code.endProcess()
    }
}

extension ExitStatus {
    fileprivate func endProcess() -> Never { exit(rawValue) }
}

extension ExitCode {
    fileprivate func endProcess() -> Never { exit(rawValue) }
}

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
