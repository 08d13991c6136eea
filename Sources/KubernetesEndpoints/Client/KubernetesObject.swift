package import Rollouts

/// An API object: all members of its kind, unchanged, with accessors for those that all kinds share.
package struct KubernetesObject: Hashable, Sendable, Codable {
    package var value: Value

    package init(_ value: Value) { self.value = value }

    /// Creates an object of a type with `members` in addition to its metadata.
    package init(
        _ type: ResourceType, name: String, namespace: String? = nil, labels: [String: String] = [:],
        annotations: [String: String] = [:], _ members: [String: Value] = [:]
    ) {
        value = .mapping(members)
        self["apiVersion"] = .string(type.apiVersion)
        self["kind"] = .string(type.kind)
        self["metadata", "name"] = .string(name)
        self.namespace = namespace
        if !labels.isEmpty { self.labels = labels }
        if !annotations.isEmpty { self.annotations = annotations }
    }

    package init(from decoder: any Decoder) throws { value = try Value(from: decoder) }
    package func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }

    /// The value at a path of members.
    ///
    /// Setting creates missing mappings; setting `nil` removes the last member.
    package subscript(path: String...) -> Value? {
        get { value[path: path[...]] }
        set { value[path: path[...]] = newValue }
    }
}

extension KubernetesObject {
    package var apiVersion: String { self["apiVersion"]?.string ?? "" }
    package var kind: String { self["kind"]?.string ?? "" }

    /// The name; empty if there is none.
    package var name: String { self["metadata", "name"]?.string ?? "" }
    package var namespace: String? {
        get { self["metadata", "namespace"]?.string }
        set { self["metadata", "namespace"] = newValue.map(Value.string) }
    }

    package var uid: String? { self["metadata", "uid"]?.string }
    /// An opaque version of the object's state.
    ///
    /// A write that carries it is rejected if the object has changed.
    package var resourceVersion: String? {
        get { self["metadata", "resourceVersion"]?.string }
        set { self["metadata", "resourceVersion"] = newValue.map(Value.string) }
    }

    /// Counts the changes of the desired state.
    package var generation: Int? { self["metadata", "generation"]?.integer }
    /// The generation that the object's controller has processed.
    package var observedGeneration: Int? { self["status", "observedGeneration"]?.integer }
    /// RFC 3339, in seconds; set while the object is being deleted.
    package var deletionTimestamp: String? { self["metadata", "deletionTimestamp"]?.string }
    package var creationTimestamp: String? { self["metadata", "creationTimestamp"]?.string }

    package var labels: [String: String] {
        get { self["metadata", "labels"]?.strings ?? [:] }
        set { self["metadata", "labels"] = Value(strings: newValue) }
    }

    package var annotations: [String: String] {
        get { self["metadata", "annotations"]?.strings ?? [:] }
        set { self["metadata", "annotations"] = Value(strings: newValue) }
    }

    /// Finalizers of other parties, which must be removed before the object is deleted; excludes the server's own.
    package var foreignFinalizers: [String] {
        (self["metadata", "finalizers"]?.list ?? []).compactMap(\.string)
            .filter { !["foregroundDeletion", "orphan"].contains($0) }
    }

    package var ownerReferences: [OwnerReference] {
        guard case .list(let items)? = self["metadata", "ownerReferences"] else { return [] }
        return items.compactMap(OwnerReference.init)
    }
}

/// An owner of an object, which is deleted along with it.
package struct OwnerReference: Hashable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    /// Whether this is the owner that manages the object.
    package var isController: Bool

    init?(_ value: Value) {
        guard let kind = value["kind"]?.string, let name = value["name"]?.string, let uid = value["uid"]?.string
        else { return nil }
        self.kind = kind
        self.name = name
        self.uid = uid
        apiVersion = value["apiVersion"]?.string ?? ""
        isController = value["controller"]?.bool ?? false
    }
}

extension Value {
    package init(strings: [String: String]) { self = .mapping(strings.mapValues(Value.string)) }

    /// The members that are strings.
    package var strings: [String: String]? {
        guard case .mapping(let members) = self else { return nil }
        return members.compactMapValues(\.string)
    }

    package subscript(path path: ArraySlice<String>) -> Value? {
        get {
            var found: Value? = self
            for key in path { found = found?[key] }
            return found
        }
        set {
            guard let key = path.first else { return }
            var members: [String: Value] = [:]
            if case .mapping(let present) = self { members = present }
            let rest = path.dropFirst()
            if rest.isEmpty {
                members[key] = newValue
            } else if members[key] != nil || newValue != nil {
                var inner = members[key] ?? .mapping([:])
                inner[path: rest] = newValue
                members[key] = inner
            }
            self = .mapping(members)
        }
    }
}
