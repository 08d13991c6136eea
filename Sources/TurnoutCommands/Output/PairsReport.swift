internal import RolloutEngine

/// Mirrored pairs as `--json` prints them.
struct PairsReport: Encodable {
    var pairs: Int
    var bothFailed: Int
    var onlyLiveFailed: Int
    var onlyMirrorFailed: Int
    /// Pairs of which neither failed, and how many of them were answered differently.
    var compared: Int
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
