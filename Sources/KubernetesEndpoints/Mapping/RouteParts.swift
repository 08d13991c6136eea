internal import Rollouts

/// Which of an endpoint's routes names which deployments.
///
/// An HTTPRoute has at most 16 rules (Gateway API v1). The first route, that of the endpoint's name, has the weights in
/// one of them; deployments for which it has no room are named by further routes, `ENDPOINT.2` and so on, of the same
/// parents and hostnames. Gateways merge routes, and a match with a header goes before one without, whichever route it
/// is in. A deployment stays in the route where it is, so that no request is lost while rules move.
struct RouteParts: Hashable {
    /// The deployments that each route names; the first is the endpoint's own.
    private(set) var parts: [[Name]]

    static let mostRules = 16
    /// How many Services a rule leads to at most.
    static let mostReferences = 16

    init(_ parts: [[Name]]) { self.parts = parts.isEmpty ? [[]] : parts }

    /// The same with these deployments alone: new ones come where there is room.
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
