internal import Rollouts

/// The managers of an object's fields, from the API server's `metadata.managedFields`.
struct ManagedFields {
    private let entries: [Value]

    init(_ object: KubernetesObject) { entries = object["metadata", "managedFields"]?.list ?? [] }

    /// The names of all managers, sorted.
    var managers: [String] { Set(entries.compactMap { $0["manager"]?.string }).sorted() }

    /// Whether the manager applies its fields repeatedly, as GitOps tools do.
    ///
    /// Such fields cannot be taken back.
    func applies(_ manager: String) -> Bool {
        entries.contains { $0["manager"]?.string == manager && $0["operation"]?.string == "Apply" }
    }

    /// Fields of `spec` that other managers updated, for example with `kubectl edit` or `kubectl set env`, or a
    /// controller.
    var manuallyEditedSpec: FieldSet? {
        manualEntries.compactMap { FieldSet($0["fieldsV1"]?["f:spec"]) }
            .reduce(nil) { all, one in all?.union(one) ?? one }
    }

    /// Only the parts of the entries that ``manuallyEditedSpec`` needs; `nil` if there are none.
    var reduced: Value? {
        let entries = manualEntries.compactMap { entry -> Value? in
            guard let spec = entry["fieldsV1"]?["f:spec"] else { return nil }
            var entry = entry
            entry[path: ["fieldsV1"]] = ["f:spec": spec]
            return entry
        }
        return entries.isEmpty ? nil : .list(entries)
    }

    private var manualEntries: [Value] {
        entries.filter { $0["operation"]?.string == "Update" && $0["manager"]?.string != Mark.manager }
    }

    /// The entries with Turnout's patches counted as applied, so that its next apply may change them.
    ///
    /// It is `nil` if there are no patches. To the server, a program that patches and applies is two managers. kubectl
    /// does the
    /// same when it starts using server-side apply (client-go, `csaupgrade`).
    var withPatchesApplied: Value? {
        func isOwn(_ entry: Value, _ operation: String) -> Bool {
            entry["manager"]?.string == Mark.manager && entry["operation"]?.string == operation
                && entry["subresource"]?.string.map(\.isEmpty) ?? true
        }
        guard entries.contains(where: { isOwn($0, "Update") }),
            let applied = entries.firstIndex(where: { isOwn($0, "Apply") })
        else { return nil }
        var entries = entries
        for patched in self.entries where isOwn(patched, "Update") {
            entries[applied][path: ["fieldsV1"]] = Self.union(
                entries[applied]["fieldsV1"] ?? [:], patched["fieldsV1"] ?? [:])
        }
        return .list(entries.filter { !isOwn($0, "Update") })
    }

    private static func union(_ left: Value, _ right: Value) -> Value {
        guard case .mapping(let left) = left, case .mapping(let right) = right else { return left }
        return .mapping(left.merging(right) { union($0, $1) })
    }
}
