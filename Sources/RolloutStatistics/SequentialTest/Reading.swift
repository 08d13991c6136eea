/// The requests answered between the previous reading and this one.
///
/// For a source with running totals, ``CounterTracker`` computes these increments.
package struct Reading: Hashable, Sendable, Codable {
    /// Live requests that the control answered.
    package var control: Counts
    /// Live requests that the candidate answered.
    package var candidate: Counts
    /// Requests that the control answered and that were mirrored to the candidate.
    package var pairs: PairCounts
    /// The results of the queries, by metric name; a query without an entry was not made.
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

    /// Counts of requests to one deployment.
    package struct Counts: Hashable, Sendable {
        package var requests: Int
        package var errors: Int
        /// The number of ``errors`` that the platform refused or dropped, so that the model never answered them.
        package var refused: Int
        /// Requests per latency bin, one bin more than ``Evidence/latencyBounds``; empty if latencies are unknown.
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

    /// Counts of pairs of a live request and its mirrored copy.
    package struct PairCounts: Hashable, Sendable, Codable {
        package var pairs: Int
        package var bothFailed: Int
        package var onlyLiveFailed: Int
        package var onlyMirrorFailed: Int
        /// Pairs whose answers were compared.
        package var compared: Int
        /// The number of compared pairs whose answers differ.
        package var disagreed: Int
        /// Latencies of the live halves, as in ``Counts/latencies``.
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

    /// The result of a query.
    package enum Signal: Hashable, Sendable, Codable {
        case value(Double)
        /// The query returned no usable value; the text says why: no data, not a number, several series, or no server.
        case missing(String)
    }
}
