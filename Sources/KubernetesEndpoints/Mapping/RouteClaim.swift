internal import Rollouts

/// The hostnames and paths that an HTTPRoute claims.
///
/// Of two routes with the same ones, the older one serves requests.
struct RouteClaim {
    let route: KubernetesObject
    /// The namespace of the endpoint.
    let namespace: String

    init(_ route: KubernetesObject, in namespace: String) {
        self.route = route
        self.namespace = namespace
    }

    /// Another route that claims the same hostname (empty for any) and path.
    struct Rival: Hashable, Sendable {
        var name: String
        var namespace: String
        var hostname: String
        var path: String
        var gateway: String
    }

    /// The first of `routes` that makes the same claim.
    func rival(among routes: [KubernetesObject]) -> Rival? {
        for other in routes.map({ RouteClaim($0, in: $0.namespace ?? namespace) }) {
            guard let gateway = parents.first(where: { mine in other.parents.contains { mine.meets($0) } }),
                let hostname = hostnames.intersection(other.hostnames).min(),
                let path = paths.intersection(other.paths).min()
            else { continue }
            return Rival(
                name: other.route.name, namespace: other.namespace, hostname: hostname, path: path,
                gateway: gateway.name)
        }
        return nil
    }

    private struct Parent: Hashable {
        var name: String
        var namespace: String
        var section: String?

        func meets(_ other: Parent) -> Bool {
            name == other.name && namespace == other.namespace
                && (section == nil || other.section == nil || section == other.section)
        }
    }

    private var parents: [Parent] {
        (route["spec", "parentRefs"]?.list ?? []).map {
            Parent(
                name: $0["name"]?.string ?? "", namespace: $0["namespace"]?.string ?? namespace,
                section: $0["sectionName"]?.string)
        }
    }

    /// The hostnames; a single empty one if the route is for any name.
    private var hostnames: Set<String> {
        let names = (route["spec", "hostnames"]?.list ?? []).compactMap { $0.string?.lowercased() }
        return names.isEmpty ? [""] : Set(names)
    }

    /// The path prefixes of matches that have no other condition than the deployment's header.
    private var paths: Set<String> {
        // Without rules, the API server adds one for every path; a new endpoint has no rules yet.
        guard let rules = route["spec", "rules"]?.list, !rules.isEmpty else { return ["/"] }
        return Set(rules.flatMap { $0["matches"]?.list ?? [[:]] }.compactMap(Self.path))
    }

    private static func path(of match: Value) -> String? {
        let headers = match["headers"]?.list ?? []
        guard headers.allSatisfy({ $0["name"]?.string?.lowercased() == RouteManifest.header }),
            match["method"] == nil, match["queryParams"]?.list?.isEmpty ?? true,
            match["path"]?["type"]?.string ?? "PathPrefix" == "PathPrefix"
        else { return nil }
        let path = match["path"]?["value"]?.string ?? "/"
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}

extension RouteClaim.Rival {
    /// Describes the conflict with `endpoint` and what to do about it.
    func words(of endpoint: Name) -> String {
        let names = hostname.isEmpty ? "without a hostname" : "with the hostname \(hostname)"
        return
            "HTTPRoute \(namespace)/\(name) also uses gateway \(gateway) \(names) at the path \(path), and the older "
            + "route would serve the requests to \(endpoint); give each endpoint different hostnames "
            + "(backends.kubernetes.gateway.hostnames), or use another gateway or listener (section_name)"
    }
}
