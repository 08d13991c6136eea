internal import Rollouts

/// The differences between an object's `spec` and the one that Turnout applied.
///
/// Members that the server adds are not drift. Quantities are compared by value, and lists whose items have names
/// (containers, variables, volumes) by name. An additional item, or an additional member of resources and node
/// selectors, is
/// drift only if it was written manually: additions by admission webhooks have no manager, and fields that another
/// manager
/// applies belong to that manager.
struct ManifestDrift {
    /// A field that differs.
    struct Field: Hashable, Sendable {
        /// The path below `spec`, such as `template.spec.containers[inference-server].image`.
        var path: String
        var applied: Value?
        var live: Value?
        /// Whether the field is in `spec`.
        var isInSpec = true

        /// The path in the whole object.
        var place: String { isInSpec ? "spec.\(path)" : path }

        /// A missing or unreadable annotation with the applied `spec`: a comparison is impossible, which is drift.
        static func lostAnnotation(of object: KubernetesObject) -> Field {
            let present = object.annotations[Mark.applied].map { Value.string(String($0.prefix(80))) }
            return Field(
                path: "metadata.annotations[\(Mark.applied)]", applied: nil, live: present ?? "removed",
                isInSpec: false)
        }
    }

    private(set) var fields: [Field] = []

    private static let closed: Set = ["requests", "limits", "nodeSelector", "rollingUpdate"]
    private static let keyed = [
        "containers": "name", "initContainers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath",
        "ports": "name", "imagePullSecrets": "name",
    ]
    private static let amounts: Set = ["cpu", "memory", "nvidia.com/gpu", "ephemeral-storage"]

    /// Compares an object with its applied state.
    ///
    /// - Parameters:
    ///   - applied: The `spec` that Turnout applied.
    ///   - live: The present object.
    ///   - spec: The part of its `spec` to compare. Default: all of it.
    ///   - excluding: Paths that are managed elsewhere, such as the replicas that an autoscaler sets.
    init(applied: Value, live: KubernetesObject, spec: Value? = nil, excluding: Set<String> = []) {
        compare(
            HiddenValues.hidden(inSpec: applied), HiddenValues.hidden(inSpec: spec ?? live["spec"] ?? [:]), at: "",
            key: "", hands: ManagedFields(live).manuallyEditedSpec)
        fields.removeAll { excluding.contains($0.path) }
        fields.sort { $0.path < $1.path }
    }

    /// Compares a part.
    ///
    /// `hands` are its fields that were written manually; `nil` if there are none.
    private mutating func compare(_ applied: Value?, _ live: Value?, at path: String, key: String, hands: FieldSet?) {
        switch (applied, live) {
        case (.mapping(let applied)?, .mapping(let live)?):
            var keys = Set(applied.keys)
            if Self.closed.contains(key) { keys.formUnion(live.keys.filter { hands?[member: $0]?.hasItself ?? false }) }
            for key in keys {
                compare(
                    applied[key], live[key], at: path.isEmpty ? key : "\(path).\(key)", key: key,
                    hands: hands?[member: key])
            }
        case (.list(let applied)?, .list(let live)?):
            if let name = Self.keyed[key] {
                compare(applied, live, at: path, by: name, hands: hands)
            } else if applied.count == live.count {
                for (index, pair) in zip(applied, live).enumerated() {
                    compare(pair.0, pair.1, at: "\(path)[\(index)]", key: "", hands: hands)
                }
            } else if hands != nil || !applied.allSatisfy(live.contains) {
                fields.append(Field(path: path, applied: .list(applied), live: .list(live)))
            }
        default:
            guard !isSame(applied, live, key: key) else { return }
            fields.append(Field(path: path, applied: applied, live: live))
        }
    }

    private mutating func compare(
        _ applied: [Value], _ live: [Value], at path: String, by name: String, hands: FieldSet?
    ) {
        func items(_ list: [Value]) -> [String: Value] {
            Dictionary(list.map { ($0[name]?.word ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (applied, live) = (items(applied), items(live))
        let added = live.filter { applied[$0.key] == nil && hands?[item: $0.value]?.hasItself ?? false }
        for key in Set(applied.keys).union(added.keys).sorted() {
            compare(
                applied[key], live[key], at: "\(path)[\(key)]", key: "",
                hands: (live[key] ?? applied[key]).flatMap { hands?[item: $0] })
        }
    }

    private func isSame(_ applied: Value?, _ live: Value?, key: String) -> Bool {
        if applied == live || applied.isNothing && live.isNothing { return true }
        guard Self.amounts.contains(key) || key.hasPrefix("hugepages-"), let applied = applied?.word,
            let live = live?.word, let amount = Quantity(applied)
        else { return false }
        return amount == Quantity(live)
    }
}

extension Value? {
    /// Whether the server may omit the value: `nil`, zero, false or empty.
    fileprivate var isNothing: Bool {
        switch self {
        case nil, .null?, .bool(false)?, .integer(0)?, .string("")?: true
        case .list(let items)?: items.isEmpty
        case .mapping(let members)?: members.isEmpty
        default: false
        }
    }
}

extension KubernetesObject {
    /// The last applied `spec`; `nil` if the annotation is missing or another client replaced it.
    var appliedSpec: Value? {
        annotations[Mark.applied].flatMap { text in
            do { return try JSONReader.value(Array(text.utf8)) } catch { return nil }
        }
    }
}
