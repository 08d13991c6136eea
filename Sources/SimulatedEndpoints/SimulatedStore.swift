package import RolloutEngine
package import Rollouts

/// Where simulated endpoints are kept.
package protocol SimulatedStore: Sendable {
    /// The latest virtual time that was kept; nil while there is none.
    func time() throws(BackendError) -> Timestamp?

    /// Keeps `time` if it is the latest.
    func keep(_ time: Timestamp) throws(BackendError)

    /// The simulation as it was kept last, or nil.
    func simulation(of key: SimulationKey) throws(BackendError) -> EndpointSimulation?

    /// Changes a simulation in one transaction, which also keeps and empties its outbox.
    ///
    /// What `body` did is kept whole when this returns, and not at all when it throws.
    /// - Parameters:
    ///   - key: Where the simulation is found.
    ///   - new: Makes it where there is none.
    ///   - body: Gets the simulation and what is kept beside it.
    /// - Returns: What `body` made.
    /// - Throws: What `body` threw, or that the store could not be read or written.
    func update<Result>(
        _ key: SimulationKey, new: () -> EndpointSimulation,
        _ body: (inout EndpointSimulation, any SimulatedRecords) throws(BackendError) -> Result
    ) throws(BackendError) -> Result

    /// The names of the endpoints of `kind` that exist.
    func names(_ kind: EndpointKind) throws(BackendError) -> [Name]

    /// Everything that was asked of an endpoint, oldest first.
    func history(of key: SimulationKey) throws(BackendError) -> [HistoryEntry]

    /// The last `tail` lines of a deployment, oldest first.
    func lines(of key: SimulationKey, deployment: Name, tail: Int) throws(BackendError) -> [LogLine]
}

/// What a transaction can look up of the simulation that it changes.
package protocol SimulatedRecords {
    /// The accepted change with this idempotency key, or nil.
    func accepted(_ idempotencyKey: String) throws(BackendError) -> HistoryEntry?

    /// The totals for which `cursor` was given out; nil where they are no longer, or were never, kept.
    func totals(at cursor: Int) throws(BackendError) -> Totals?
}

/// How many of the latest cursors can be read from.
let checkpointLimit = 1024
