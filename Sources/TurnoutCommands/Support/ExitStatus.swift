internal import ArgumentParser
internal import RolloutEngine
internal import RolloutService

/// What the process tells its caller (JSON.md).
enum ExitStatus: Int32 {
    case finished = 0
    case failed = 1
    case rolledBack = 10
    /// For an approval, or for a word on how a held run goes on.
    case waitingForPerson = 11
    case aborted = 12
    /// Another runner has the endpoint, or this one was overtaken.
    case notOurs = 13
    case usage = 64
    /// The playbook has errors, or the plan that was given is stale.
    case invalidPlaybook = 65
    case stateNotWritten = 74
    /// SIGINT and SIGTERM, as shells count them.
    case interrupted = 130
    case terminated = 143
}

extension RunStatus {
    /// The exit status of a command that leaves a run so.
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

/// An end that a command comes to by itself: what to say on standard error, and the exit status.
struct CommandFailure: Error, CustomStringConvertible {
    var status: ExitStatus
    /// Sentences without a trailing newline: what is wrong, and what to do next.
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    var description: String { message }
}

extension ExitStatus {
    /// Ends the command with this status; what there is to say was said.
    func leave() throws {
        guard self != .finished else { return }
        throw ExitCode(rawValue)
    }
}
