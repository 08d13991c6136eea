internal import RolloutEngine
internal import Synchronization

/// Log-normal latencies up to a limit, by latency bin.
struct BinnedLatencies: Sendable {
    /// The bin of the first of ``shares``.
    let firstBin: Int
    /// The cumulative share of latencies up to and including each bin; the last one is 1.
    let shares: [Double]
    /// For each 512th of all latencies, the index of the first of ``shares`` above its lower end.
    ///
    /// This is the guide table method (Chen and Asau, "On generating random variates from an empirical distribution",
    /// 1974).
    private let guide: [Int]

    private static let guides = 512

    init(_ latency: LogNormal, upTo limit: Double) {
        let bins = OutcomeReading.Counts.noLatencies.count
        let all = latency.share(upTo: limit)
        let last = min(OutcomeReading.latencyBin(ofMilliseconds: limit), bins - 1)
        firstBin = min(latency.firstBin, last)
        var shares: [Double] = []
        for bin in firstBin..<last {
            let share = latency.share(upToBin: bin, limit: limit) / all
            shares.append(share)
            // Less than one latency in 10^15 lies beyond this.
            guard share < 1 - 1e-15 else { break }
        }
        if shares.last.map({ $0 < 1 }) ?? true { shares.append(1) }
        shares[shares.count - 1] = 1
        var place = 0
        guide = (0..<Self.guides).map { step in
            while shares[place] <= Double(step) / Double(Self.guides) { place += 1 }
            return place
        }
        self.shares = shares
    }

    /// Returns the bin of the latency at the quantile `level`, which must be at least 0 and less than 1.
    func bin(at level: Double) -> Int {
        var place = guide[Int(level * Double(Self.guides))]
        while shares[place] <= level { place += 1 }
        return firstBin + place
    }
}

extension BinnedLatencies {
    /// Returns the binned latencies, from a cache if possible.
    static func of(_ latency: LogNormal, upTo limit: Double) -> BinnedLatencies {
        let key = Key(latency: latency, limit: limit)
        if let known = known.withLock({ $0[key] }) { return known }
        let made = BinnedLatencies(latency, upTo: limit)
        known.withLock { known in
            if known.count >= 64 { known.removeAll() }
            known[key] = made
        }
        return made
    }

    private struct Key: Hashable {
        var latency: LogNormal
        var limit: Double
    }

    private static let known = Mutex<[Key: BinnedLatencies]>([:])
}
