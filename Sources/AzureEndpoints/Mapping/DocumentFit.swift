internal import Rollouts

/// Whether two documents that were read from the wire mean the same, for one that a user wrote.
struct DocumentFit {
    /// The user's own document.
    var said: Value
    /// Keys that the server fills where the user says nothing.
    var lenient: Set<String>

    /// Maps that others, and the server, add to.
    private static let shared: Set<String> = ["tags", "properties", "environment_variables"]

    func holds(_ expected: Value, is present: Value) -> Bool {
        let (expected, present) = (expected.members, present.members)
        return Set(expected.keys).union(present.keys).allSatisfy { key in
            // How many instances there are is what scaling sets.
            if key == "instance_count" { return true }
            if Self.shared.contains(key) { return (present[key] ?? [:]).contains(expected[key] ?? [:]) }
            if lenient.contains(key), said[key] == nil { return true }
            return expected[key] == present[key]
        }
    }
}

extension Optional {
    /// `present` where it reads the same as `new`, so that what only the server knows of it is kept.
    static func changed<Read: Equatable>(_ present: Wrapped?, to new: Wrapped, read: (Wrapped) -> Read) -> Wrapped {
        guard let present, read(present) == read(new) else { return new }
        return present
    }
}
