internal import PlaybookSyntax
internal import RolloutEngine
internal import SQLiteJournal

/// What shells complete.
///
/// What cannot be read completes nothing: a completion has nowhere to complain.
enum Completions {
    static func playbooks() -> [String] {
        do {
            return try PlaybookArgument().all().map(PlaybookArgument.name)
        } catch {
            return []
        }
    }

    static func runs() -> [String] {
        do {
            let journal = try SQLiteJournal(folder: Workspace().state, readOnly: true)
            let runs = try journal.runs().map(\.id.description)
            try journal.close()
            return runs
        } catch {
            return []
        }
    }
}
