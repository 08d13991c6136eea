internal import RolloutEngine

/// The counts of mirrored pairs in `--json`.
struct PairsReport: Encodable {
    var pairs: Int
    var bothFailed: Int
    var onlyLiveFailed: Int
    var onlyMirrorFailed: Int
    /// Pairs of which neither request failed.
    var compared: Int
    /// Compared pairs with different answers.
    var disagreed: Int

    private enum CodingKeys: String, CodingKey {
        case pairs, compared, disagreed
        case bothFailed = "both_failed"
        case onlyLiveFailed = "only_live_failed"
        case onlyMirrorFailed = "only_mirror_failed"
    }

    init(_ counts: OutcomeReading.PairCounts) {
        pairs = counts.pairs
        bothFailed = counts.bothFailed
        onlyLiveFailed = counts.onlyLiveFailed
        onlyMirrorFailed = counts.onlyMirrorFailed
        compared = counts.compared
        disagreed = counts.disagreed
    }
}
