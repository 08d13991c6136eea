package import Rollouts

/// Counts of requests, from a cursor on.
package struct OutcomeReading: Hashable, Sendable, Codable {
    /// To be passed to the next reading.
    package var cursor: Int
    package var continuity: Continuity
    package var deployments: [Name: Counts]
    /// Of mirrored requests, per shadow deployment.
    package var mirrored: [Name: PairCounts]

    /// Whether a reading has everything that came after its cursor.
    package enum Continuity: String, Hashable, Sendable, Codable {
        case whole
        /// What counts was started anew since: nothing is told twice, and nothing as less than 0, but what was counted
        /// in the second before it was killed is in no reading.
        case restarted
        /// The cursor is not known, or no longer: nothing is counted here, and readings from this one's cursor are whole.
        case lost
    }

    package struct Counts: Hashable, Sendable {
        package var requests: Int
        package var errors: Int
        /// Requests per latency bin; bounds in ``latencyBounds``, the last bin has no upper bound.
        package var latencies: [Int]

        package init(requests: Int = 0, errors: Int = 0, latencies: [Int] = Self.noLatencies) {
            self.requests = requests
            self.errors = errors
            self.latencies = latencies
        }

        package static let noLatencies = [Int](repeating: 0, count: OutcomeReading.latencyBounds.count + 1)
    }

    package struct PairCounts: Hashable, Sendable, Codable {
        package var pairs: Int
        package var onlyLiveFailed: Int
        package var onlyMirrorFailed: Int
        package var disagreed: Int

        private enum CodingKeys: String, CodingKey {
            case pairs, disagreed
            case onlyLiveFailed = "only_live_failed"
            case onlyMirrorFailed = "only_mirror_failed"
        }

        package init(pairs: Int = 0, onlyLiveFailed: Int = 0, onlyMirrorFailed: Int = 0, disagreed: Int = 0) {
            self.pairs = pairs
            self.onlyLiveFailed = onlyLiveFailed
            self.onlyMirrorFailed = onlyMirrorFailed
            self.disagreed = disagreed
        }
    }

    package init(
        cursor: Int, continuity: Continuity = .whole, deployments: [Name: Counts] = [:],
        mirrored: [Name: PairCounts] = [:]
    ) {
        self.cursor = cursor
        self.continuity = continuity
        self.deployments = deployments
        self.mirrored = mirrored
    }
}

extension OutcomeReading.Counts: Codable {
    private enum CodingKeys: String, CodingKey {
        case requests, errors, bins, latencies
        case firstBin = "first_bin"
    }

    /// Writes the bins from the first that isn't 0 to the last: most of the three hundred are.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(requests, forKey: .requests)
        try members.encode(errors, forKey: .errors)
        guard let first = latencies.firstIndex(where: { $0 != 0 }),
            let last = latencies.lastIndex(where: { $0 != 0 })
        else { return }
        try members.encode(first, forKey: .firstBin)
        try members.encode(Array(latencies[first...last]), forKey: .bins)
    }

    /// Also reads `latencies`, the fifteen bins in which an earlier Turnout counted.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            requests: try members.decode(Int.self, forKey: .requests),
            errors: try members.decode(Int.self, forKey: .errors))
        if let bins = try members.decodeIfPresent([Int].self, forKey: .bins) {
            let first = try members.decode(Int.self, forKey: .firstBin)
            guard first >= 0, first <= latencies.count - bins.count else {
                throw DecodingError.dataCorruptedError(
                    forKey: .bins, in: members,
                    debugDescription: "there are \(latencies.count) bins, not \(bins.count) from number \(first) on")
            }
            latencies.replaceSubrange(first..<first + bins.count, with: bins)
        } else if let coarse = try members.decodeIfPresent([Int].self, forKey: .latencies) {
            for (count, bound) in zip(coarse, Self.coarseBounds + [.infinity]) {
                latencies[OutcomeReading.latencyBin(ofMilliseconds: bound)] += count
            }
        }
    }

    private static let coarseBounds = [5.0, 10, 25, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2500, 5000]
}
