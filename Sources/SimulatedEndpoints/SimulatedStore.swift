package import RolloutEngine
package import Rollouts

/// Stores simulated endpoints.
package protocol SimulatedStore: Sendable {
    /// Returns the latest stored virtual time, or `nil` if there is none.
    func time() throws(BackendError) -> Timestamp?

    /// Stores `time` if it is later than the stored time.
    func keep(_ time: Timestamp) throws(BackendError)

    /// Returns the stored simulation, or `nil` if there is none.
    func simulation(of key: SimulationKey) throws(BackendError) -> EndpointSimulation?

    /// Changes a simulation in one transaction, which also stores and empties its outbox.
    ///
    /// The changes by `body` are stored completely when this returns, and not at all if it throws.
    /// - Parameters:
    ///   - key: The identity of the simulation.
    ///   - new: Creates the simulation if it does not exist.
    ///   - body: Changes the simulation; it can look up the stored records.
    /// - Returns: The result of `body`.
    /// - Throws: The error of `body`, or that the store could not be read or written.
    func update<Result>(
        _ key: SimulationKey, new: () -> EndpointSimulation,
        _ body: (inout EndpointSimulation, any SimulatedRecords) throws(BackendError) -> Result
    ) throws(BackendError) -> Result

    /// Returns the names of the existing endpoints of `kind`.
    func names(_ kind: EndpointKind) throws(BackendError) -> [Name]

    /// Returns all changes requested on an endpoint, oldest first.
    func history(of key: SimulationKey) throws(BackendError) -> [HistoryEntry]

    /// Returns the last `tail` log lines of a deployment, oldest first.
    func lines(of key: SimulationKey, deployment: Name, tail: Int) throws(BackendError) -> [LogLine]
}

/// The lookups available in a transaction that changes a simulation.
package protocol SimulatedRecords {
    /// Returns the accepted change with this idempotency key, or `nil`.
    func accepted(_ idempotencyKey: String) throws(BackendError) -> HistoryEntry?

    /// Returns the totals for which `cursor` was issued, or `nil` if they are not stored.
    func totals(at cursor: Int) throws(BackendError) -> Totals?
}

/// The number of latest cursors that can be read from.
let checkpointLimit = 1024
