internal import HTTPTypes
internal import RolloutEngine
internal import Rollouts

/// What became of requests, also before the emulator was last started.
extension EndpointRegistry {
    /// Counts after `cursor`; nil: since each of the deployments that there are was created.
    ///
    /// What was counted in the second before a kill may be lost, but never told twice: a cursor is kept with all that it
    /// stands for.
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
            earlierTotals[endpoint, default: EndpointTotals()].cursor = present.cursor
            try store.keep([endpoint: present], checkpoint: true)
        }
        if cursor == nil { present = present.only(Set(record.deployments.values.map(\.incarnation))) }
        return earlier.map(present.reading) ?? OutcomeReading(cursor: present.cursor, continuity: .lost)
    }

    /// Keeps what was counted until now.
    func keepTotals() async throws(EmulatorError) {
        let before = totals
        await count()
        try store.keep(totals.filter { before[$0.key] != $0.value })
    }

    /// Adds what the data plane counted to what was counted before this process.
    private func count() async {
        guard let dataPlane else { return }
        for reading in await dataPlane.readings() {
            var sum =
                earlierTotals[reading.endpoint]?.deployments[reading.incarnation]
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
