package import RolloutEngine
package import Rollouts

/// What became of all requests since an endpoint was first heard of; only ever grows.
package struct Totals: Codable, Hashable, Sendable {
    package typealias Counts = OutcomeReading.Counts
    package typealias PairCounts = OutcomeReading.PairCounts

    /// Requests per deployment that answered or should have, live ones and mirrored copies.
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

    /// What came after `earlier`; deployments without news are left out.
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
    /// As it is kept beside the totals of its latest cursor: what is the same as these is left out.
    var withoutKeptTotals: EndpointSimulation {
        guard cursor > 0 else { return self }
        var kept = self
        if kept.totals == kept.totalsAtCursor { kept.totals = Totals() }
        kept.totalsAtCursor = Totals()
        return kept
    }

    /// Puts back what ``withoutKeptTotals`` left out.
    ///
    /// After the first cursor, no totals are empty.
    mutating func fillTotals(with kept: Totals) {
        if totals == Totals() { totals = kept }
        if totalsAtCursor == Totals() { totalsAtCursor = kept }
    }
}
