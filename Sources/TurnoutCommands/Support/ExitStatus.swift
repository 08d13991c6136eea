internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService

/// The exit status of the process (JSON.md).
enum ExitStatus: Int32 {
    case finished = 0
    case failed = 1
    case rolledBack = 10
    /// The run waits for an approval, or is held.
    case waitingForPerson = 11
    case aborted = 12
    /// Another runner holds the endpoint, or has taken over from this one.
    case notOurs = 13
    case usage = 64
    /// The playbook has errors, or the plan is stale.
    case invalidPlaybook = 65
    case stateNotWritten = 74
    /// Ended by SIGINT: 128 + 2, as in shells.
    case interrupted = 130
    /// Ended by SIGTERM: 128 + 15, as in shells.
    case terminated = 143
}

extension RunStatus {
    /// The exit status of a command that leaves a run with this status.
    var exitStatus: ExitStatus {
        switch self {
        case .succeeded: .finished
        case .failed, .endedEarly: .failed
        case .rolledBack: .rolledBack
        case .waiting, .held: .waitingForPerson
        case .aborted: .aborted
        case .running: .interrupted
        }
    }
}

extension JournalError {
    var exitStatus: ExitStatus {
        switch code {
        case .noSpace, .inputOutput, .busy, .readOnly, .cannotOpen: .stateNotWritten
        case .notAJournal, .newer: .stateNotWritten
        case .fenced, .leased, .taken, .unfinishedRun: .notOurs
        case .runExists, .unknownRun, .notAllowed: .usage
        case .tampered: .failed
        }
    }
}

extension ServiceError {
    var exitStatus: ExitStatus {
        switch code {
        case .notPossible: .usage
        case .invalidPlaybook, .stalePlan: .invalidPlaybook
        case .taken: .notOurs
        case .waiting: .waitingForPerson
        case .failed: .failed
        case .storage: .stateNotWritten
        }
    }
}

/// An error of a command: the message for standard error, and the exit status.
struct CommandFailure: Error, CustomStringConvertible {
    var status: ExitStatus
    /// What is wrong and what to do next, in sentences without a trailing newline.
    ///
    /// Empty if it was already reported.
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    var description: String { message }
}

extension ExitStatus {
    /// Ends the command with this status and without a message; returns if the status is ``finished``.
    func leave() throws {
        guard self != .finished else { return }
        throw ExitCode(rawValue)
    }
}
