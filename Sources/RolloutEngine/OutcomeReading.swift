package import Rollouts

/// The counts of requests since a cursor.
package struct OutcomeReading: Hashable, Sendable, Codable {
    /// The cursor for the next reading.
    package var cursor: Int
    package var continuity: Continuity
    /// The time up to which requests are counted, by the reader's clock; `nil` means the present.
    ///
    /// Later requests appear in later readings. A source that reports late must not let requests from before a stage
    /// count towards the stage.
    package var countedTo: Timestamp?
    package var deployments: [Name: Counts]
    /// The counts of mirrored requests, by shadow deployment.
    package var mirrored: [Name: PairCounts]

    /// Whether a reading contains everything after its cursor.
    package enum Continuity: String, Hashable, Sendable, Codable {
        case whole
        /// The counting process restarted: no count is repeated or negative, but the counts of the second before the
        /// crash are lost.
        case restarted
        /// The cursor is unknown or has expired: this reading has no counts, and readings from its cursor are whole.
        case lost
    }

    package struct Counts: Hashable, Sendable {
        package var requests: Int
        /// All failed requests, regardless of what failed them.
        package var errors: Int
        /// The part of ``errors`` that the platform answered instead of the model, because too many requests were in
        /// flight, the model did not answer in time, or there was no instance.
        package var refused: Int
        /// Requests by latency bin; the bounds are ``latencyBounds``, and the last bin has no upper bound.
        ///
        /// Only requests that the model answered successfully are counted: a refusal takes no time and says nothing
        /// about the model.
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

    /// Counts of pairs of a live request and its copy.
    package struct PairCounts: Hashable, Sendable {
        package var pairs: Int
        package var bothFailed: Int
        package var onlyLiveFailed: Int
        package var onlyMirrorFailed: Int
        /// Pairs in which neither request failed and whose responses were compared.
        package var compared: Int
        /// The compared pairs whose responses differ.
        package var disagreed: Int
        /// Latencies of the live requests of pairs in which neither request failed, as in ``Counts/latencies``.
        package var liveLatencies: [Int]
        /// Latencies of the copies in the same pairs.
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
