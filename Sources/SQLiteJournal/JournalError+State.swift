internal import RolloutEngine
internal import SQLiteState

extension JournalError {
    init(_ error: StateError) {
        let code: Code =
            switch error.code {
            case .noSpace: .noSpace
            case .inputOutput, .corrupt, .unexpected, .constraint: .inputOutput
            case .busy: .busy
            case .readOnly: .readOnly
            case .cannotOpen, .older: .cannotOpen
            case .notADatabase, .foreign: .notAJournal
            case .newer: .newer
            }
        self.init(code, error.message)
    }
}
