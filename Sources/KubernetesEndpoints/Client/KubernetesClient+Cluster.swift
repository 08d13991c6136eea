internal import HTTPTransport
package import Rollouts

/// Discovery of the cluster's version and types, and of this user's permissions.
extension KubernetesClient {
    /// The server's version, such as `v1.20.2`.
    package func serverVersion() async throws -> String {
        try await value(Call(.get, APIPath("/version"), "get the server's version"))["gitVersion"]?.string ?? ""
    }

    /// The server's versions of an API group, the preferred one first; `nil` if it does not have the group.
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

    /// The types of an API group at one version; empty if the version does not exist.
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
            // Subresources such as `deployments/scale` are not types.
            guard let plural = resource["name"]?.string, !plural.contains("/"), let kind = resource["kind"]?.string
            else { return nil }
            return ResourceType(
                group: group, version: version, plural: plural, kind: kind,
                isNamespaced: resource["namespaced"]?.bool ?? false)
        }
    }

    /// The type at the first version that has it, starting with the preferred one; `nil` if no version has it.
    package func served(_ type: ResourceType) async throws -> ResourceType? {
        for version in try await versions(ofGroup: type.group) ?? [] {
            let found = try await types(ofGroup: type.group, version: version).first { $0.plural == type.plural }
            if let found { return found }
        }
        return nil
    }

    /// Whether this user has the permission, according to the server's authorizer.
    ///
    /// The request has no effect.
    package func canI(_ access: Access) async throws -> Bool {
        var attributes: [String: Value] = ["verb": .string(access.verb), "resource": .string(access.resource)]
        attributes["group"] = .string(access.group)
        attributes["subresource"] = access.subresource.map(Value.string)
        attributes["namespace"] = access.namespace.map(Value.string)
        attributes["name"] = access.name.map(Value.string)
        var call = Call(
            .post, try APIPath(.selfSubjectAccessReviews), "check whether this user may \(access)",
            body: [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": ["resourceAttributes": .mapping(attributes)],
            ])
        call.repeats = true
        return try await object(call)["status", "allowed"]?.bool ?? false
    }
}

/// A permission that a user may have.
package struct Access: Hashable, Sendable, CustomStringConvertible {
    /// `get`, `list`, `watch`, `create`, `update`, `patch` or `delete`.
    package var verb: String
    package var group: String
    /// The plural name, such as `deployments`.
    package var resource: String
    package var subresource: String?
    /// The namespace; `nil` for all namespaces.
    package var namespace: String?
    /// The object's name; `nil` for all names.
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

    /// A text such as `patch deployments.apps/scale in namespace models`.
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
