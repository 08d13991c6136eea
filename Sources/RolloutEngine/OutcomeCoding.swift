internal import RolloutStatistics

/// Latency bins in their encoded form, ``CompactCounts``.
private struct TrimmedBins: Codable {
    private var text: String
    var latencies: [Int]

    init?(_ latencies: [Int]) {
        guard let text = CompactCounts.text(of: latencies) else { return nil }
        self.text = text
        self.latencies = latencies
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        text = try container.decode(String.self)
        let bins = OutcomeReading.Counts.noLatencies.count
        guard let latencies = CompactCounts.counts(of: text, bins: bins) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not the counts of \(bins) bins, such as 130:4 7 9")
        }
        self.latencies = latencies
    }
}

extension OutcomeReading.Counts: Codable {
    private enum CodingKeys: CodingKey {
        case requests, errors, refused, bins, latencies
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(requests, forKey: .requests)
        try members.encode(errors, forKey: .errors)
        if refused > 0 { try members.encode(refused, forKey: .refused) }
        try members.encodeIfPresent(TrimmedBins(latencies), forKey: .bins)
    }

    /// Also reads the format of earlier versions, which has no `refused` and has `latencies` in fifteen bins.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            requests: try members.decode(Int.self, forKey: .requests),
            errors: try members.decode(Int.self, forKey: .errors),
            refused: try members.decodeIfPresent(Int.self, forKey: .refused) ?? 0)
        if let bins = try members.decodeIfPresent(TrimmedBins.self, forKey: .bins) {
            latencies = bins.latencies
        } else if let coarse = try members.decodeIfPresent([Int].self, forKey: .latencies) {
            for (count, bound) in zip(coarse, Self.coarseBounds + [.infinity]) {
                latencies[OutcomeReading.latencyBin(ofMilliseconds: bound)] += count
            }
        }
    }

    private static let coarseBounds = [5.0, 10, 25, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2500, 5000]
}

extension OutcomeReading.PairCounts: Codable {
    private enum CodingKeys: String, CodingKey {
        case pairs, compared, disagreed
        case bothFailed = "both_failed"
        case onlyLiveFailed = "only_live_failed"
        case onlyMirrorFailed = "only_mirror_failed"
        case liveBins = "live_bins"
        case mirrorBins = "mirror_bins"
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(pairs, forKey: .pairs)
        try members.encode(bothFailed, forKey: .bothFailed)
        try members.encode(onlyLiveFailed, forKey: .onlyLiveFailed)
        try members.encode(onlyMirrorFailed, forKey: .onlyMirrorFailed)
        try members.encode(compared, forKey: .compared)
        try members.encode(disagreed, forKey: .disagreed)
        try members.encodeIfPresent(TrimmedBins(liveLatencies), forKey: .liveBins)
        try members.encodeIfPresent(TrimmedBins(mirrorLatencies), forKey: .mirrorBins)
    }

    /// Fields that earlier versions did not write default to 0.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            pairs: try members.decode(Int.self, forKey: .pairs),
            bothFailed: try members.decodeIfPresent(Int.self, forKey: .bothFailed) ?? 0,
            onlyLiveFailed: try members.decode(Int.self, forKey: .onlyLiveFailed),
            onlyMirrorFailed: try members.decode(Int.self, forKey: .onlyMirrorFailed),
            compared: try members.decodeIfPresent(Int.self, forKey: .compared) ?? 0,
            disagreed: try members.decode(Int.self, forKey: .disagreed))
        if let bins = try members.decodeIfPresent(TrimmedBins.self, forKey: .liveBins) {
            liveLatencies = bins.latencies
        }
        if let bins = try members.decodeIfPresent(TrimmedBins.self, forKey: .mirrorBins) {
            mirrorLatencies = bins.latencies
        }
    }
}

extension OutcomeReading.Counts {
    /// Combines each count with its counterpart in `other`.
    package func combined(with other: Self, _ combine: (Int, Int) -> Int) -> Self {
        Self(
            requests: combine(requests, other.requests), errors: combine(errors, other.errors),
            refused: combine(refused, other.refused), latencies: zip(latencies, other.latencies).map(combine))
    }
}

extension OutcomeReading.PairCounts {
    /// Combines each count with its counterpart in `other`.
    package func combined(with other: Self, _ combine: (Int, Int) -> Int) -> Self {
        Self(
            pairs: combine(pairs, other.pairs), bothFailed: combine(bothFailed, other.bothFailed),
            onlyLiveFailed: combine(onlyLiveFailed, other.onlyLiveFailed),
            onlyMirrorFailed: combine(onlyMirrorFailed, other.onlyMirrorFailed),
            compared: combine(compared, other.compared), disagreed: combine(disagreed, other.disagreed),
            liveLatencies: zip(liveLatencies, other.liveLatencies).map(combine),
            mirrorLatencies: zip(mirrorLatencies, other.mirrorLatencies).map(combine))
    }
}
