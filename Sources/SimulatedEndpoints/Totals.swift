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
        deployments[deployment, default: Counts()].add(counts)
    }

    mutating func add(_ pairs: PairCounts, to deployment: Name) {
        guard pairs.pairs > 0 else { return }
        mirrored[deployment, default: PairCounts()].add(pairs)
    }

    /// What came after `earlier`; deployments without news are left out.
    func reading(since earlier: Totals, cursor: Int) -> OutcomeReading {
        var reading = OutcomeReading(cursor: cursor)
        for (name, counts) in deployments {
            let news = counts.minus(earlier.deployments[name] ?? Counts())
            if news.requests > 0 { reading.deployments[name] = news }
        }
        for (name, pairs) in mirrored {
            let news = pairs.minus(earlier.mirrored[name] ?? PairCounts())
            if news.pairs > 0 { reading.mirrored[name] = news }
        }
        return reading
    }
}

extension OutcomeReading.Counts {
    mutating func add(_ other: Self) {
        requests += other.requests
        errors += other.errors
        for index in latencies.indices { latencies[index] += other.latencies[index] }
    }

    fileprivate func minus(_ other: Self) -> Self {
        Self(
            requests: requests - other.requests, errors: errors - other.errors,
            latencies: zip(latencies, other.latencies).map { $0 - $1 })
    }
}

extension OutcomeReading.PairCounts {
    mutating func add(_ other: Self) {
        pairs += other.pairs
        onlyLiveFailed += other.onlyLiveFailed
        onlyMirrorFailed += other.onlyMirrorFailed
        disagreed += other.disagreed
    }

    fileprivate func minus(_ other: Self) -> Self {
        Self(
            pairs: pairs - other.pairs, onlyLiveFailed: onlyLiveFailed - other.onlyLiveFailed,
            onlyMirrorFailed: onlyMirrorFailed - other.onlyMirrorFailed, disagreed: disagreed - other.disagreed)
    }
}
