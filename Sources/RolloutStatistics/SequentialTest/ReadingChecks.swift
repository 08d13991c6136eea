extension Reading {
    /// Returns what is wrong with the reading; `bins` is the expected number of latency bins.
    func findings(bins: Int) -> [ReadingFinding] {
        if pairs == PairCounts(), control.isSound(bins: bins), candidate.isSound(bins: bins) { return [] }
        return control.findings(of: "control", bins: bins) + candidate.findings(of: "candidate", bins: bins)
            + pairs.findings(bins: bins)
    }
}

extension Reading.Counts {
    /// The largest count that a `Double` represents exactly.
    static let largest = 1 << 53

    /// Whether there are no findings, determined without allocating a list.
    fileprivate func isSound(bins: Int) -> Bool {
        guard errors >= 0, errors <= requests, refused >= 0, refused <= errors, requests <= Self.largest else {
            return false
        }
        guard !latencies.isEmpty else { return true }
        var rest = requests
        for count in latencies {
            guard count >= 0, count <= rest else { return false }
            rest -= count
        }
        return latencies.count == bins
    }

    /// Returns what is wrong with the counts of the arm `name`.
    func findings(of name: String, bins: Int) -> [ReadingFinding] {
        var findings: [ReadingFinding] = []
        for (what, count) in [("requests", requests), ("errors", errors), ("refused", refused)] {
            findings += countFindings(of: name, what, count)
        }
        for (what, count, limit) in [("errors", errors, requests), ("refused", refused, errors)] where count > limit {
            findings.append(.tooMany(of: name, name: what, count: count, limit: limit))
        }
        return findings + histogramFindings(of: name, "latencies", latencies, bins: bins, limit: requests)
    }
}

extension Reading.PairCounts {
    func findings(bins: Int) -> [ReadingFinding] {
        var findings: [ReadingFinding] = []
        let counts = [
            ("pairs", pairs), ("both_failed", bothFailed), ("only_live_failed", onlyLiveFailed),
            ("only_mirror_failed", onlyMirrorFailed), ("compared", compared), ("disagreed", disagreed),
        ]
        for (what, count) in counts { findings += countFindings(of: "pairs", what, count) }
        guard findings.isEmpty else { return findings }
        let failed = bothFailed + onlyLiveFailed + onlyMirrorFailed
        for (what, count, limit) in [
            ("failed", failed, pairs), ("compared", compared, pairs), ("disagreed", disagreed, compared),
        ] where count > limit {
            findings.append(.tooMany(of: "pairs", name: what, count: count, limit: limit))
        }
        findings += histogramFindings(of: "pairs", "live_latencies", liveLatencies, bins: bins, limit: pairs)
        return findings + histogramFindings(of: "pairs", "mirror_latencies", mirrorLatencies, bins: bins, limit: pairs)
    }
}

private func countFindings(of name: String, _ what: String, _ count: Int) -> [ReadingFinding] {
    if count < 0 { return [.negativeCount(of: name, name: what, count: count)] }
    if count > Reading.Counts.largest { return [.countTooLarge(of: name, name: what, count: count)] }
    return []
}

private func histogramFindings(
    of name: String, _ what: String, _ counts: [Int], bins: Int, limit: Int
) -> [ReadingFinding] {
    guard !counts.isEmpty else { return [] }
    guard counts.count == bins else { return [.wrongBins(of: name, count: counts.count, expected: bins)] }
    if let negative = counts.first(where: { $0 < 0 }) {
        return [.negativeCount(of: name, name: what, count: negative)]
    }
    let sum = counts.reduce(0) { $0.addingClamped($1) }
    return sum > limit ? [.tooMany(of: name, name: what, count: sum, limit: limit)] : []
}
