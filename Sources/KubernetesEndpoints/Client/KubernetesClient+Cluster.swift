internal import HTTPTransport
package import Rollouts

/// What the cluster is, what it has, and what this user may do there.
extension KubernetesClient {
    /// As `v1.20.2`.
    package func serverVersion() async throws -> String {
        try await value(Call(.get, APIPath("/version"), "ask for the server's version"))["gitVersion"]?.string ?? ""
    }

    /// The versions of an API group that the server has, the preferred one first; nil where it has no such group.
    package func versions(ofGroup group: String) async throws -> [String]? {
        do {
            guard !group.isEmpty else {
                let core = try await value(Call(.get, APIPath("/api"), "discover the core API"))
                return core["versions"]?.list?.compactMap(\.string)
            }
            var path = APIPath("/apis")
            path.append(group)
            let found = try await value(Call(.get, path, "discover \(group)"))
            let versions = found["versions"]?.list?.compactMap { $0["version"]?.string } ?? []
            guard let preferred = found["preferredVersion"]?["version"]?.string else { return versions }
            return [preferred] + versions.filter { $0 != preferred }
        } catch let error as KubernetesError where error.code == .notFound {
            return nil
        }
    }

    /// The types of an API group at one version; empty where there is no such version.
    package func types(ofGroup group: String, version: String) async throws -> [ResourceType] {
        var path = APIPath(group.isEmpty ? "/api" : "/apis")
        if !group.isEmpty { path.append(group) }
        path.append(version)
        let found: Value
        do {
            found = try await value(Call(.get, path, "discover \(group.isEmpty ? "core" : group)/\(version)"))
        } catch let error as KubernetesError where error.code == .notFound {
            return []
        }
        return (found["resources"]?.list ?? []).compactMap { resource in
            // Subresources, `deployments/scale`, are no types of their own.
            guard let plural = resource["name"]?.string, !plural.contains("/"), let kind = resource["kind"]?.string
            else { return nil }
            return ResourceType(
                group: group, version: version, plural: plural, kind: kind,
                isNamespaced: resource["namespaced"]?.bool ?? false)
        }
    }

    /// The type at the server's version: the preferred one of its group that has it; nil where none has.
    package func served(_ type: ResourceType) async throws -> ResourceType? {
        for version in try await versions(ofGroup: type.group) ?? [] {
            let found = try await types(ofGroup: type.group, version: version).first { $0.plural == type.plural }
            if let found { return found }
        }
        return nil
    }

    /// Whether this user may do that, as the server's authorizer says; nothing is done.
    package func canI(_ access: Access) async throws -> Bool {
        var attributes: [String: Value] = ["verb": .string(access.verb), "resource": .string(access.resource)]
        attributes["group"] = .string(access.group)
        attributes["subresource"] = access.subresource.map(Value.string)
        attributes["namespace"] = access.namespace.map(Value.string)
        attributes["name"] = access.name.map(Value.string)
        var call = Call(
            .post, try APIPath(.selfSubjectAccessReviews), "ask whether this user may \(access)",
            body: [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": ["resourceAttributes": .mapping(attributes)],
            ])
        call.repeats = true
        return try await object(call)["status", "allowed"]?.bool ?? false
    }
}

/// One thing that a user may do or not.
package struct Access: Hashable, Sendable, CustomStringConvertible {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    package var verb: String
    package var group: String
    /// Plural: `deployments`.
    package var resource: String
    package var subresource: String?
    /// Nil: in all namespaces.
    package var namespace: String?
    /// Nil: of every name.
    package var name: String?

    package init(
        _ verb: String, _ resource: String, group: String = "", subresource: String? = nil, namespace: String? = nil,
        name: String? = nil
    ) {
        self.verb = verb
        self.resource = resource
        self.group = group
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
    }

    package init(_ verb: String, _ type: ResourceType, subresource: String? = nil, namespace: String? = nil) {
        self.init(verb, type.plural, group: type.group, subresource: subresource, namespace: namespace)
    }

    /// `patch deployments.apps/scale in namespace models`.
    package var description: String {
        let type = group.isEmpty ? resource : "\(resource).\(group)"
        let place = namespace.map { " in namespace \($0)" } ?? " in all namespaces"
        return "\(verb) \(type)\(subresource.map { "/\($0)" } ?? "")\(name.map { " \($0)" } ?? "")\(place)"
    }
}

extension Value {
    package var list: [Value]? {
        guard case .list(let items) = self else { return nil }
        return items
    }
}
