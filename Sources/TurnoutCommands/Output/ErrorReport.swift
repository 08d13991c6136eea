internal import ArgumentParser
internal import LocalEndpoints
internal import RolloutEngine
internal import RolloutService
internal import Support

/// Why a command was refused, as `--json` tells it: the last line, beside the same words on standard error.
struct ErrorReport: Encodable {
    var event = "error"
    /// ``ServiceError/Code``, or the exit status in a word.
    var code: String
    /// Sentences that say what is wrong.
    var message: String
    /// Commands that can be typed instead, the likeliest first.
    var next: [String]

    /// Nil of an end that was told already, or of which there is nothing to tell.
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

    /// The commands are those that `message`, and the words behind it, name between backquotes.
    private init(_ code: String, _ message: String, naming more: String = "") {
        self.code = code
        self.message = message.printableLines
        next = (message + more).split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) && $0.element.hasPrefix("turnout ") }.map { String($0.element) }
    }
}

extension ExitStatus {
    /// As programs read it.
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
    /// Without what steers a terminal, line by line.
    fileprivate var printableLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n")
    }
}
