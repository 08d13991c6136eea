import RolloutTesting
import Testing

@testable import SQLiteJournal

@Suite struct ContractTests {
    @Test("a journal in SQLite keeps the contract", arguments: JournalContract.clauses)
    func contract(_ clause: JournalContract.Clause) async throws {
        try await Fixture.with { fixture in try await clause.check(fixture.bench) }
    }
}
