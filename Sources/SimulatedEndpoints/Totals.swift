package import RolloutEngine
package import Rollouts

/// The outcomes of all requests since an endpoint first appeared; the counts only grow.
package struct Totals: Codable, Hashable, Sendable {
    package typealias Counts = OutcomeReading.Counts
    package typealias PairCounts = OutcomeReading.PairCounts

    /// Requests per deployment that answered or should have, both live and mirrored.
    package var deployments: [Name: Counts]
    package var mirrored: [Name: PairCounts]

    package init(deployments: [Name: Counts] = [:], mirrored: [Name: PairCounts] = [:]) {
        self.deployments = deployments
        self.mirrored = mirrored
    }

    mutating func add(_ counts: Counts, to deployment: Name) {
        guard counts.requests > 0 else { return }
        deployments[deployment] = deployments[deployment]?.combined(with: counts, +) ?? counts
    }

    mutating func add(_ pairs: PairCounts, to deployment: Name) {
        guard pairs.pairs > 0 else { return }
        mirrored[deployment] = mirrored[deployment]?.combined(with: pairs, +) ?? pairs
    }

    /// Returns the outcomes since `earlier`; deployments without new requests are omitted.
    func reading(since earlier: Totals, cursor: Int) -> OutcomeReading {
        var reading = OutcomeReading(cursor: cursor)
        for (name, counts) in deployments {
            let news = earlier.deployments[name].map { counts.combined(with: $0, -) } ?? counts
            if news.requests > 0 { reading.deployments[name] = news }
        }
        for (name, pairs) in mirrored {
            let news = earlier.mirrored[name].map { pairs.combined(with: $0, -) } ?? pairs
            if news.pairs > 0 { reading.mirrored[name] = news }
        }
        return reading
    }
}

extension EndpointSimulation {
    /// The form that is stored alongside the totals of the latest cursor; whatever equals these is omitted.
    var withoutStoredTotals: EndpointSimulation {
        guard cursor > 0 else { return self }
        var kept = self
        if kept.totals == kept.totalsAtCursor { kept.totals = Totals() }
        kept.totalsAtCursor = Totals()
        return kept
    }

    /// Restores what ``withoutStoredTotals`` omitted.
    ///
    /// After the first cursor, totals are never empty.
    mutating func fillTotals(with kept: Totals) {
        if totals == Totals() { totals = kept }
        if totalsAtCursor == Totals() { totalsAtCursor = kept }
    }
}
