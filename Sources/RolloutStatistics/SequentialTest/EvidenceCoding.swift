// Evidence is written every few seconds and consists mostly of histograms, hence the compact forms. The forms that
// earlier versions wrote, including plain lists, can still be read.

extension Evidence: Codable {
    private enum CodingKeys: String, CodingKey {
        case bounds, latencyBounds, controlRate, controlLatencies, controlBins, scale, live, mirrored, pairedFailures
        case hardLimit, disagreement, agreement, failuresInARow
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        if let text = CompactBounds.text(of: latencyBounds) {
            try members.encode(text, forKey: .bounds)
        } else {
            try members.encode(latencyBounds, forKey: .latencyBounds)
        }
        try members.encode(controlRate, forKey: .controlRate)
        try members.encodeIfPresent(CompactCounts.text(of: controlLatencies), forKey: .controlBins)
        try members.encodeIfPresent(scale.map(ScalePlaces.init), forKey: .scale)
        try members.encode(live, forKey: .live)
        try members.encode(mirrored, forKey: .mirrored)
        try members.encode(pairedFailures, forKey: .pairedFailures)
        try members.encodeIfPresent(hardLimit, forKey: .hardLimit)
        try members.encodeIfPresent(disagreement, forKey: .disagreement)
        try members.encodeIfPresent(agreement, forKey: .agreement)
        try members.encode(failuresInARow, forKey: .failuresInARow)
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try members.decodeIfPresent(String.self, forKey: .bounds) {
            guard let bounds = CompactBounds.bounds(of: text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .bounds, in: members, debugDescription: "'\(text)' is not in the form of 100000+5000*10")
            }
            self.init(latencyBounds: bounds)
        } else {
            self.init(latencyBounds: try members.decode([Double].self, forKey: .latencyBounds))
        }
        controlRate = try members.decode(DecayingRate.self, forKey: .controlRate)
        if let counts = try members.decodeCounts(forKey: .controlBins, bins: controlLatencies.count) {
            controlLatencies = counts
        } else if let counts = try members.decodeIfPresent([Int].self, forKey: .controlLatencies) {
            controlLatencies = counts
        }
        scale = try members.decodeIfPresent(ScalePlaces.self, forKey: .scale)?.scale(with: latencyBounds)
        live = try members.decode(Comparison.self, forKey: .live)
        mirrored = try members.decode(Comparison.self, forKey: .mirrored)
        pairedFailures = try members.decode(PairedFailures.self, forKey: .pairedFailures)
        hardLimit = try members.decodeIfPresent(RateLimit.self, forKey: .hardLimit)
        disagreement = try members.decodeIfPresent(RateLimit.self, forKey: .disagreement)
        agreement = try members.decodeIfPresent(RateProof.self, forKey: .agreement)
        failuresInARow = try members.decode([String: Int].self, forKey: .failuresInARow)
    }
}

/// A scale without its bounds, which the evidence holds, and its ratios, which follow from the levels.
private struct ScalePlaces: Codable {
    var levels: [Double]
    var controlEdges: [LatencyScale.Cut]
    var candidateEdges: [LatencyScale.Cut]
    var exceedances: [LatencyScale.Exceedance]

    init(_ scale: LatencyScale) {
        levels = scale.levels
        controlEdges = scale.controlEdges
        candidateEdges = scale.candidateEdges
        exceedances = scale.exceedances
    }

    func scale(with bounds: [Double]) -> LatencyScale {
        LatencyScale(
            bounds: bounds, levels: levels, controlEdges: controlEdges, candidateEdges: candidateEdges,
            exceedances: exceedances)
    }
}

extension Reading.Counts: Codable {
    private enum CodingKeys: String, CodingKey {
        case requests, errors, refused, latencies, bins, counts
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(requests, forKey: .requests)
        try members.encode(errors, forKey: .errors)
        if refused > 0 { try members.encode(refused, forKey: .refused) }
        guard !latencies.isEmpty else { return }
        try members.encode(latencies.count, forKey: .bins)
        try members.encodeIfPresent(CompactCounts.text(of: latencies), forKey: .counts)
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            requests: try members.decode(Int.self, forKey: .requests),
            errors: try members.decode(Int.self, forKey: .errors),
            refused: try members.decodeIfPresent(Int.self, forKey: .refused) ?? 0)
        guard let bins = try members.decodeIfPresent(Int.self, forKey: .bins) else {
            latencies = try members.decodeIfPresent([Int].self, forKey: .latencies) ?? []
            return
        }
        guard (0...CompactCounts.mostBins).contains(bins) else {
            throw DecodingError.dataCorruptedError(
                forKey: .bins, in: members, debugDescription: "\(bins) is not a valid number of bins")
        }
        latencies = try members.decodeCounts(forKey: .counts, bins: bins) ?? Array(repeating: 0, count: bins)
    }
}

extension KeyedDecodingContainer {
    /// Decodes counts in their compact form; `nil` if there are none.
    fileprivate func decodeCounts(forKey key: Key, bins: Int) throws -> [Int]? {
        guard let text = try decodeIfPresent(String.self, forKey: key) else { return nil }
        guard let counts = CompactCounts.counts(of: text, bins: bins) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "'\(text)' is not a list of \(bins) counts such as 130:4 7 9")
        }
        return counts
    }
}
