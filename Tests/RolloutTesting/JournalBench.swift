package import RolloutEngine
package import Rollouts
internal import Testing

/// An empty store of a journal, and the processes that open it.
package struct JournalBench: Sendable {
    /// Opens the store as one more process does.
    package let open: @Sendable () throws -> any Journal
    /// Opens another store.
    package let openAnother: @Sendable () throws -> any Journal
    /// Moves the clock by which holders of leases are silent.
    package let pass: @Sendable (Interval) -> Void

    package init(
        open: @escaping @Sendable () throws -> any Journal, openAnother: @escaping @Sendable () throws -> any Journal,
        pass: @escaping @Sendable (Interval) -> Void
    ) {
        self.open = open
        self.openAnother = openAnother
        self.pass = pass
    }

    /// A process that has begun the first run and holds its lease.
    func start(_ run: NewRun) throws -> (any Journal, Lease) {
        let journal = try open()
        let lease = try journal.acquireLease(on: run.record.leaseKey, for: run.record.id, takeOver: false)
        try journal.create(run, under: lease)
        return (journal, lease)
    }
}

/// Expects that the journal refuses the call, for the reason `code`.
@discardableResult
func expectRefused(
    _ code: JournalError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ call: () throws -> Void
) -> JournalError? {
    let error = #expect(throws: JournalError.self, sourceLocation: sourceLocation) { try call() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    return error
}

/// Expects that the endpoint is refused because of a holder that is alive.
func expectLeased(
    sourceLocation: SourceLocation = #_sourceLocation, _ call: () throws -> Void
) throws -> (LeaseHolder, message: String) {
    let error = #expect(throws: JournalError.self, sourceLocation: sourceLocation) { try call() }
    guard case .leased(let holder)? = error?.code else {
        throw error ?? JournalError(.notAllowed, "the endpoint was given away")
    }
    return (holder, error?.message ?? "")
}
