internal import Rollouts

/// A part of an object's fields, as `fieldsV1` of its `managedFields` has them.
///
/// Members stand under `f:NAME` and items of lists under `k:{"KEY": …}`; what is empty is there as a whole, with
/// everything below it.
struct FieldSet: Hashable, Sendable {
    private let value: Value

    /// Nil for no fields.
    init?(_ value: Value?) {
        guard let value, case .mapping = value else { return nil }
        self.value = value
    }

    private var isWhole: Bool { value == [:] }

    /// True where the thing itself is among the fields, and not only something below it.
    var hasItself: Bool { isWhole || value["."] != nil }

    subscript(member name: String) -> FieldSet? { isWhole ? self : FieldSet(value["f:\(name)"]) }

    /// The item of a list that is told from others by some of its members.
    subscript(item item: Value) -> FieldSet? {
        guard !isWhole, case .mapping(let members) = value else { return self }
        for (key, below) in members where key.hasPrefix("k:") {
            guard let names = Self.names(key) else { continue }
            // A protocol is TCP where nothing says otherwise.
            if names.allSatisfy({ item[$0.key] == $0.value || item[$0.key] == nil && $0.key == "protocol" }) {
                return FieldSet(below)
            }
        }
        return nil
    }

    /// The members of `k:{"name": "x"}`.
    private static func names(_ key: String) -> [String: Value]? {
        do {
            guard case .mapping(let names) = try JSONReader.value(Array(key.utf8.dropFirst(2))) else { return nil }
            return names
        } catch {
            // Of a later version of the format.
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
