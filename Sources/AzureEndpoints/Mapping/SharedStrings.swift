/// Merges tags, properties and variables to which other clients may also add.
///
/// The rule is that of `kubectl apply`: names in the definition are set, names that only the last applied definition
/// had
/// are removed, and all others belong to other clients and stay.
enum SharedStrings {
    static func merged(
        _ present: [String: String]?, applied: [String: String], wanted: [String: String]
    ) -> [String: String] {
        (present ?? [:])
            .filter { applied[$0.key] == nil }
            .merging(wanted) { _, new in new }
    }
}
