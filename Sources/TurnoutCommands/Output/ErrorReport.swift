internal import ArgumentParser
internal import LocalEndpoints
internal import RolloutEngine
internal import RolloutService
internal import Support

/// The error of a command in JSON: the last line of `--json`, in addition to the message on standard error.
struct ErrorReport: Encodable {
    var event = "error"
    /// A ``ServiceError/Code``, or the name of the exit status.
    var code: String
    /// What is wrong, in sentences.
    var message: String
    /// Commands that can be used instead, most likely first.
    var next: [String]

    /// Returns nil if the error was already reported, or is not an error.
    init?(_ error: any Error) {
        switch error {
        case let error as ServiceError:
            self.init(error.code.rawValue, error.message, naming: error.suggestions.words)
            next += error.situation.map { NextCommand($0).choices.map(\.command) } ?? []
        case let error as JournalError: self.init(error.exitStatus.word, error.message)
        case let error as BackendError: self.init(error.exitStatus.word, error.message)
        case let error as EmulatorError: self.init(error.exitStatus.word, error.message)
        case let error as CommandFailure:
            guard !error.message.isEmpty else { return nil }
            self.init(error.status.word, error.message)
        case is ExitCode, is CancellationError: return nil
        default:
            guard !Turnout.exitCode(for: error).isSuccess else { return nil }
            self.init(ExitStatus.usage.word, Turnout.message(for: error))
        }
    }

    /// Collects ``next`` from the commands between backquotes in `message` and `more`.
    private init(_ code: String, _ message: String, naming more: String = "") {
        self.code = code
        self.message = message.printableLines
        next = (message + more).split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) && $0.element.hasPrefix("turnout ") }.map { String($0.element) }
    }
}

extension ExitStatus {
    /// The name of the status in JSON.
    fileprivate var word: String {
        switch self {
        case .finished: "finished"
        case .failed: "failed"
        case .rolledBack: "rolled_back"
        case .waitingForPerson: "waiting"
        case .aborted: "aborted"
        case .notOurs: "taken"
        case .usage: "usage"
        case .invalidPlaybook: "invalid_playbook"
        case .stateNotWritten: "storage"
        case .interrupted, .terminated: "interrupted"
        }
    }
}

extension String {
    /// The text without terminal control characters, with its line breaks.
    fileprivate var printableLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n")
    }
}
