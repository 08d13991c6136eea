/// The live deployment and the candidate for which a plan was made.
package struct Roles: Hashable, Sendable, Codable {
    /// `nil` if no deployment serves clients.
    package var live: Name?
    package var candidate: Name

    package init(live: Name?, candidate: Name) {
        self.live = live
        self.candidate = candidate
    }

    /// Determines the roles on `endpoint`, which is `nil` if it does not exist yet.
    ///
    /// The live deployment is the one with the most live traffic. If several are tied, one that the playbook does not
    /// redeploy is preferred, then the first by name.
    ///
    /// If the playbook deploys a new deployment, the candidate is `newName`, the name in its file, unless that is the
    /// live deployment's name; then, or if the file has no name, it is the other colour. Otherwise the candidate is a
    /// deployment other than the live one: the one with the most live traffic, else the one with mirror traffic, else
    /// the only one.
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

    /// Returns the roles in an assumed situation: `blue` serves all clients, or there is no endpoint yet.
    package static func assumed(isFirst: Bool, newName: Name?) -> Roles {
        guard !isFirst else { return Roles(live: nil, candidate: newName ?? "blue") }
        let live: Name = "blue"
        return Roles(live: live, candidate: newName.flatMap { $0 == live ? nil : $0 } ?? live.otherColour)
    }

    /// The deployments that a playbook with roles may refer to, whichever of them is live.
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
    /// The name of the deployment that alternates with this one.
    ///
    /// It is `green` for `blue` and the reverse, also as a hyphenated part of a name (`fraud-blue`), and `green` for
    /// all other names.
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
