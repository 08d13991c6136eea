internal import Rollouts

/// Assigns deployments to the routes that name them.
///
/// An HTTPRoute has at most 16 rules (Gateway API v1). The first route, with the endpoint's name, uses one of them for
/// the
/// weights. Deployments for which it has no room are named by further routes, `ENDPOINT.2` and so on, with the same
/// parents
/// and hostnames. Gateways merge routes, and a match with a header takes precedence over one without, in any route. A
/// deployment stays in its route, so that no request is lost while rules move.
struct RouteParts: Hashable {
    /// The deployments that each route names.
    ///
    /// The first route is the endpoint's own.
    private(set) var parts: [[Name]]

    static let mostRules = 16
    /// The maximum number of Services in a rule.
    static let maxReferences = 16

    init(_ parts: [[Name]]) { self.parts = parts.isEmpty ? [[]] : parts }

    /// The assignment for exactly these deployments.
    ///
    /// New ones are added where there is room.
    func naming(_ wanted: [Name]) -> RouteParts {
        var seen: Set<Name> = []
        var result = RouteParts(parts.map { part in part.filter { wanted.contains($0) && seen.insert($0).inserted } })
        for name in wanted.sorted() where seen.insert(name).inserted {
            let index = result.parts.indices.first { result.parts[$0].count < Self.room(in: $0) }
            if let index { result.parts[index].append(name) } else { result.parts.append([name]) }
        }
        return result
    }

    private static func room(in part: Int) -> Int { part == 0 ? mostRules - 1 : mostRules }
}
