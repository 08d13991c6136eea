/// Tags, properties and variables that others may add to as well.
///
/// As `kubectl apply` does: what the definition says is set, what the last applied one said and this one no longer
/// does is removed, and what neither says is somebody else's and stays.
enum OwnedWords {
    static func merged(
        _ present: [String: String]?, applied: [String: String], wanted: [String: String]
    ) -> [String: String] {
        (present ?? [:])
            .filter { applied[$0.key] == nil }
            .merging(wanted) { _, new in new }
    }
}
