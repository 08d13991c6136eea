import RolloutEngine
import RolloutTesting
import Testing

@Suite struct InMemoryJournalTests {
    @Test("a journal in memory keeps the contract", arguments: JournalContract.clauses)
    func contract(_ clause: JournalContract.Clause) async throws {
        let clock = ManualClock()
        let journal = InMemoryJournal(clock: clock)
        try await clause.check(
            JournalBench(
                open: { journal.openAgain() }, openAnother: { InMemoryJournal(clock: clock) },
                pass: { clock.advance(by: $0) }))
    }
}
