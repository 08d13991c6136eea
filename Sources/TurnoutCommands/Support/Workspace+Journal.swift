internal import RolloutEngine
internal import SQLiteJournal

extension Workspace {
    /// Opens the journal for `body`, and closes it however that ends.
    func withJournal<Result>(
        readOnly: Bool = false, _ body: (SQLiteJournal) async throws -> Result
    ) async throws -> Result {
        let journal = try SQLiteJournal(folder: state, readOnly: readOnly)
        let result: Result
        do {
            result = try await body(journal)
        } catch {
            do { try journal.close() } catch { Notices.warn("the journal was not closed: \(error)") }
            throw error
        }
        try journal.close()
        return result
    }
}

extension Journal {
    /// Who works on the run now, if anybody does.
    func holder(of run: RunID) throws(JournalError) -> LeaseHolder? {
        try leases().first { $0.run == run && $0.isAlive }
    }
}
