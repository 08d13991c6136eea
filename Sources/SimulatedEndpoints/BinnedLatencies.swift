internal import RolloutEngine
internal import Synchronization

/// Log-normal latencies up to a limit, as they fall into the latency bins.
struct BinnedLatencies: Sendable {
    /// The bin of the first of ``shares``.
    let firstBin: Int
    /// The part of the latencies that lies in this bin or in one before; the last is 1.
    let shares: [Double]
    /// For each 512th of all latencies, the first of ``shares`` that is beyond its beginning (Chen and Asau, "On
    /// generating random variates from an empirical distribution", 1974).
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
            // Beyond, there is less than one latency in 10^15.
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

    /// The bin below whose end a part `level` of all latencies lies; `level` is at least 0 and below 1.
    func bin(at level: Double) -> Int {
        var place = guide[Int(level * Double(Self.guides))]
        while shares[place] <= level { place += 1 }
        return firstBin + place
    }
}

extension BinnedLatencies {
    /// Those that were asked for before are not made again.
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
