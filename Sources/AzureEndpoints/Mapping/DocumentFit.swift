internal import Rollouts

/// Compares two documents read from the wire, with respect to a document that a user wrote.
struct DocumentFit {
    /// The user's document.
    var said: Value
    /// Keys that the server fills in if the user's document does not set them.
    var lenient: Set<String>

    /// Maps to which other clients and the server add entries.
    private static let shared: Set<String> = ["tags", "properties", "environment_variables"]

    func holds(_ expected: Value, is present: Value) -> Bool {
        let (expected, present) = (expected.members, present.members)
        return Set(expected.keys).union(present.keys).allSatisfy { key in
            // The instance count is set by scaling.
            if key == "instance_count" { return true }
            if Self.shared.contains(key) { return (present[key] ?? [:]).contains(expected[key] ?? [:]) }
            if lenient.contains(key), said[key] == nil { return true }
            return expected[key] == present[key]
        }
    }
}

extension Optional {
    /// `present` if it reads the same as `new`, so that members that only the server sets are kept; otherwise `new`.
    static func changed<Read: Equatable>(_ present: Wrapped?, to new: Wrapped, read: (Wrapped) -> Read) -> Wrapped {
        guard let present, read(present) == read(new) else { return new }
        return present
    }
}
