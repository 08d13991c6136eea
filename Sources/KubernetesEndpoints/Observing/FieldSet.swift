internal import Rollouts

/// A set of an object's fields, in the form of `fieldsV1` in its `managedFields`.
///
/// Members are under `f:NAME` and items of lists under `k:{"KEY": …}`. An empty value stands for a field and everything
/// below it.
struct FieldSet: Hashable, Sendable {
    private let value: Value

    /// Fails if there are no fields.
    init?(_ value: Value?) {
        guard let value, case .mapping = value else { return nil }
        self.value = value
    }

    private var isWhole: Bool { value == [:] }

    /// Whether the field itself is in the set, and not only fields below it.
    var hasItself: Bool { isWhole || value["."] != nil }

    subscript(member name: String) -> FieldSet? { isWhole ? self : FieldSet(value["f:\(name)"]) }

    /// The subset for an item of a list, which is identified by some of its members.
    subscript(item item: Value) -> FieldSet? {
        guard !isWhole, case .mapping(let members) = value else { return self }
        for (key, below) in members where key.hasPrefix("k:") {
            guard let names = Self.names(key) else { continue }
            // The default protocol is TCP.
            if names.allSatisfy({ item[$0.key] == $0.value || item[$0.key] == nil && $0.key == "protocol" }) {
                return FieldSet(below)
            }
        }
        return nil
    }

    /// Parses the members of `k:{"name": "x"}`.
    private static func names(_ key: String) -> [String: Value]? {
        do {
            guard case .mapping(let names) = try JSONReader.value(Array(key.utf8.dropFirst(2))) else { return nil }
            return names
        } catch {
            // From a newer version of the format.
            return nil
        }
    }

    func union(_ other: FieldSet) -> FieldSet {
        FieldSet(Self.union(value, other.value)) ?? self
    }

    private static func union(_ left: Value, _ right: Value) -> Value {
        guard left != [:], right != [:], case .mapping(let left) = left, case .mapping(let right) = right else {
            return [:]
        }
        return .mapping(left.merging(right) { union($0, $1) })
    }
}
