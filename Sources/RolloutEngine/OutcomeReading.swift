package import Rollouts

/// Counts of requests, from a cursor on.
package struct OutcomeReading: Hashable, Sendable, Codable {
    /// To be passed to the next reading.
    package var cursor: Int
    package var continuity: Continuity
    /// Up to when requests are counted, by the reader's clock; nil: up to the present.
    ///
    /// Every request after that is counted later: a source that tells late must not let requests of before a stage count
    /// as requests of the stage.
    package var countedTo: Timestamp?
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
        /// Requests that failed, whoever failed them.
        package var errors: Int
        /// Those of ``errors`` that the platform answered and not the model: too many in flight, no answer in time, no
        /// instance.
        package var refused: Int
        /// Requests per latency bin; bounds in ``latencyBounds``, the last bin has no upper bound.
        ///
        /// Only requests that the model answered successfully: a refusal takes no time, and says nothing about the model.
        package var latencies: [Int]

        package init(
            requests: Int = 0, errors: Int = 0, refused: Int = 0, latencies: [Int] = Self.noLatencies
        ) {
            self.requests = requests
            self.errors = errors
            self.refused = refused
            self.latencies = latencies
        }

        package static let noLatencies = [Int](repeating: 0, count: OutcomeReading.latencyBounds.count + 1)
    }

    /// Pairs of a live request and its copy.
    package struct PairCounts: Hashable, Sendable {
        package var pairs: Int
        package var bothFailed: Int
        package var onlyLiveFailed: Int
        package var onlyMirrorFailed: Int
        /// Pairs of which neither failed, and whose answers were compared.
        package var compared: Int
        /// Of these, those that differ.
        package var disagreed: Int
        /// As ``Counts/latencies``, of the live requests of pairs of which neither failed.
        package var liveLatencies: [Int]
        /// Of the copies of the same requests.
        package var mirrorLatencies: [Int]

        package init(
            pairs: Int = 0, bothFailed: Int = 0, onlyLiveFailed: Int = 0, onlyMirrorFailed: Int = 0,
            compared: Int = 0, disagreed: Int = 0, liveLatencies: [Int] = Counts.noLatencies,
            mirrorLatencies: [Int] = Counts.noLatencies
        ) {
            self.pairs = pairs
            self.bothFailed = bothFailed
            self.onlyLiveFailed = onlyLiveFailed
            self.onlyMirrorFailed = onlyMirrorFailed
            self.compared = compared
            self.disagreed = disagreed
            self.liveLatencies = liveLatencies
            self.mirrorLatencies = mirrorLatencies
        }
    }

    package init(
        cursor: Int, continuity: Continuity = .whole, countedTo: Timestamp? = nil, deployments: [Name: Counts] = [:],
        mirrored: [Name: PairCounts] = [:]
    ) {
        self.cursor = cursor
        self.continuity = continuity
        self.countedTo = countedTo
        self.deployments = deployments
        self.mirrored = mirrored
    }
}
