internal import HTTPTypes
internal import RolloutEngine
internal import Rollouts

/// The outcomes of requests, including those before the emulator was last started.
extension EndpointRegistry {
    /// The counts since `cursor`; if it is nil, since each of the present deployments was created.
    ///
    /// Counts of the last second before a kill may be lost but are never reported twice: a cursor is saved together
    /// with the totals that it stands for.
    func outcomes(of endpoint: Name, since cursor: Int?) async throws -> OutcomeReading {
        let record = try record(endpoint)
        await count()
        var present = totals[endpoint] ?? EndpointTotals()
        let earlier =
            if let cursor, cursor != 0 {
                try store.totals(of: endpoint, at: cursor)
            } else {
                EndpointTotals(generation: present.generation)
            }
        let latest = try store.totals(of: endpoint, at: present.cursor)
        if latest?.deployments != present.deployments || latest?.generation != present.generation {
            present.cursor += 1
            totals[endpoint] = present
            totalsAtStart[endpoint, default: EndpointTotals()].cursor = present.cursor
            try store.keep([endpoint: present], checkpoint: true)
        }
        if cursor == nil { present = present.only(Set(record.deployments.values.map(\.incarnation))) }
        return earlier.map(present.reading) ?? OutcomeReading(cursor: present.cursor, continuity: .lost)
    }

    /// Saves the current totals.
    func saveTotals() async throws(EmulatorError) {
        let before = totals
        await count()
        try store.keep(totals.filter { before[$0.key] != $0.value })
    }

    /// Adds the data plane's counts to the totals from before this process.
    private func count() async {
        guard let dataPlane else { return }
        for reading in await dataPlane.readings() {
            var sum =
                totalsAtStart[reading.endpoint]?.deployments[reading.incarnation]
                ?? EndpointTotals.Counted(name: reading.deployment)
            sum.live = sum.live + reading.outcomes
            sum.mirrored = sum.mirrored + reading.mirrored
            totals[reading.endpoint, default: EndpointTotals()].deployments[reading.incarnation] = sum
        }
        for record in records.values {
            totals[record.name]?.forget(except: Set(record.deployments.values.map(\.incarnation)))
        }
    }
}
