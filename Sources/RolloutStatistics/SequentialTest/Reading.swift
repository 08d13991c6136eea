/// What was answered between the reading before and this one.
///
/// Where a source has running totals instead, ``CounterTracker`` makes increments of them.
package struct Reading: Hashable, Sendable, Codable {
    /// Live requests that blue answered.
    package var control: Counts
    /// Live requests that green answered.
    package var candidate: Counts
    /// Requests that blue answered and of which green got a copy.
    package var pairs: PairCounts
    /// What the queries said, by their metrics' names; one that is missing was not asked.
    package var signals: [String: Signal]

    package init(
        control: Counts = Counts(), candidate: Counts = Counts(), pairs: PairCounts = PairCounts(),
        signals: [String: Signal] = [:]
    ) {
        self.control = control
        self.candidate = candidate
        self.pairs = pairs
        self.signals = signals
    }

    /// Requests to one deployment.
    package struct Counts: Hashable, Sendable {
        package var requests: Int
        package var errors: Int
        /// Those of ``errors`` that the platform refused or dropped, so that the model never answered them.
        package var refused: Int
        /// Requests per latency bin, one bin more than ``Evidence/latencyBounds``; empty where latencies are not known.
        ///
        /// Their sum may be smaller than ``requests``.
        package var latencies: [Int]

        package init(requests: Int = 0, errors: Int = 0, refused: Int = 0, latencies: [Int] = []) {
            self.requests = requests
            self.errors = errors
            self.refused = refused
            self.latencies = latencies
        }
    }

    /// Pairs of a live request and its copy.
    package struct PairCounts: Hashable, Sendable, Codable {
        package var pairs: Int
        package var bothFailed: Int
        package var onlyLiveFailed: Int
        package var onlyMirrorFailed: Int
        /// Pairs whose answers were compared.
        package var compared: Int
        /// Of these, those that differ.
        package var disagreed: Int
        /// As ``Counts/latencies``, of the live halves.
        package var liveLatencies: [Int]
        package var mirrorLatencies: [Int]

        package init(
            pairs: Int = 0, bothFailed: Int = 0, onlyLiveFailed: Int = 0, onlyMirrorFailed: Int = 0,
            compared: Int = 0, disagreed: Int = 0, liveLatencies: [Int] = [], mirrorLatencies: [Int] = []
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

    /// What a query said.
    package enum Signal: Hashable, Sendable, Codable {
        case value(Double)
        /// Asked, and no value came: no data, no number, several series, no server. The text says which.
        case missing(String)
    }
}
