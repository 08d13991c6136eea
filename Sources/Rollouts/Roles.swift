/// Which deployment serves clients now, and which one is to replace it, as a plan was made for.
package struct Roles: Hashable, Sendable, Codable {
    /// Nil where no deployment serves clients.
    package var live: Name?
    package var candidate: Name

    package init(live: Name?, candidate: Name) {
        self.live = live
        self.candidate = candidate
    }

    /// The roles on `endpoint`, which is nil where it does not exist yet.
    ///
    /// The deployment with the most live traffic is live. Of several with equally much it is one that the playbook does
    /// not deploy anew, and then the first by name. With a new deployment, whose file says `newName` or no name, the
    /// candidate has that name or, where that is the live one's, the other colour. Without one, the candidate is the
    /// deployment beside the live one: the one with the most live traffic, else the one that is mirrored to, else the
    /// only one.
    package init(on endpoint: EndpointSnapshot?, deploysCandidate: Bool, newName: Name? = nil) {
        live = endpoint.flatMap { Self.live(on: $0, newName: newName) }
        let present = deploysCandidate ? [] : endpoint?.deployments.map(\.name) ?? []
        let others = present.filter { [live] in $0 != live }
        let serving = endpoint?.traffic.wanted ?? .none
        let mirror = endpoint?.mirrorTraffic.wanted ?? .none
        if let newName, newName != live {
            candidate = newName
        } else if let other = others.filter({ serving[$0] > 0 }).max(by: { serving[$0] < serving[$1] }) {
            candidate = other
        } else if let other = others.first(where: { mirror[$0] > 0 }) {
            candidate = other
        } else if others.count == 1, let other = others.first {
            candidate = other
        } else {
            candidate = live?.otherColour ?? newName ?? "blue"
        }
    }

    /// The roles in a situation that is assumed: `blue` serves all clients, or there is no endpoint yet.
    package static func assumed(isFirst: Bool, newName: Name?) -> Roles {
        guard !isFirst else { return Roles(live: nil, candidate: newName ?? "blue") }
        let live: Name = "blue"
        return Roles(live: live, candidate: newName.flatMap { $0 == live ? nil : $0 } ?? live.otherColour)
    }

    /// The deployments that such a playbook may speak of, whichever of them is live.
    package var names: [Name] {
        let named = [live, candidate].compactMap(\.self)
        return named + named.map(\.otherColour)
    }

    private static func live(on endpoint: EndpointSnapshot, newName: Name?) -> Name? {
        let traffic = endpoint.traffic.wanted
        let most = traffic.percents.values.max() ?? 0
        let leading = traffic.deployments.filter { traffic[$0] == most }
        return leading.first { $0 != newName } ?? leading.first
    }
}

extension Name {
    /// The name of the deployment that takes turns with this one: `green` for `blue` and the reverse, also as a part of
    /// the name between hyphens (`fraud-blue`); `green` for every other one.
    package var otherColour: Name {
        let colours = ["blue": "green", "green": "blue"]
        var parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard let index = parts.lastIndex(where: { colours[$0.lowercased()] != nil }),
            let other = colours[parts[index].lowercased()]
        else { return "green" }
        parts[index] = other
        return Name(parts.joined(separator: "-"))
    }
}
