internal import Rollouts

/// Reads traffic from an HTTPRoute, which may be Turnout's own or the user's.
struct RouteReading {
    let route: KubernetesObject
    let endpoint: Name
    /// The rule with the weights in a route that the user owns; `nil` for Turnout's route.
    let choice: KubernetesSettings.RouteChoice.Rule?
    /// The deployments by the names of their Services.
    private let deployments: [String: Name]

    init(
        _ route: KubernetesObject, of endpoint: Name, deployments: [Name],
        choice: KubernetesSettings.RouteChoice.Rule? = nil
    ) {
        self.route = route
        self.endpoint = endpoint
        self.choice = choice
        self.deployments = Dictionary(
            deployments.map { (ObjectNames.object(of: $0, in: endpoint), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private var rules: [Value] { route["spec", "rules"]?.list ?? [] }

    /// The index of the rule with weights; `nil` if there is none.
    var weightedRule: Int? {
        switch choice {
        case nil: rules.firstIndex { $0.namedDeployment == nil && !$0.references.isEmpty }
        case .index(let index)?: rules.indices.contains(index) ? index : nil
        case .named(let name)?: rules.firstIndex { $0["name"]?.string == name }
        }
    }

    /// A reference in the rule with weights.
    struct Weight: Hashable, Sendable {
        var service: String
        var deployment: Name
        /// The weight.
        ///
        /// Default: 1.
        var weight: Int
        var isSaid: Bool
    }

    var weights: [Weight] {
        guard let weightedRule else { return [] }
        return rules[weightedRule].references.map { reference in
            let service = reference["name"]?.string ?? ""
            let weight = reference["weight"]?.integer
            return Weight(
                service: service, deployment: deployment(of: service), weight: weight ?? 1, isSaid: weight != nil)
        }
    }

    /// The weights as percentages.
    ///
    /// Weights that were written manually need not add up to 100.
    var traffic: Traffic {
        let weights = weights.filter { $0.weight > 0 }
        let sum = weights.reduce(0) { $0 + $1.weight }
        guard sum > 0 else { return .none }
        var percents: [Name: Int] = [:]
        for weight in weights { percents[weight.deployment, default: 0] += weight.weight * 100 / sum }
        // Assign the percents lost by rounding to the largest remainders.
        let lost = weights.sorted { ($0.weight * 100 % sum, $1.service) > ($1.weight * 100 % sum, $0.service) }
        for weight in lost.prefix(100 - percents.values.reduce(0, +)) { percents[weight.deployment, default: 0] += 1 }
        return Traffic(percents)
    }

    /// Whether requests that name the deployment are routed to it.
    func names(_ deployment: Name) -> Bool {
        rules.contains { rule in
            rule.namedDeployment.map { Name($0) } == deployment
                && rule.references.contains { self.deployment(of: $0["name"]?.string ?? "") == deployment }
        }
    }

    /// Whether responses to requests that name the deployment carry identifying headers.
    func marks(_ deployment: Name) -> Bool {
        rules.contains { rule in
            rule.namedDeployment.map { Name($0) } == deployment
                && (rule["filters"]?.list ?? []).contains { $0["type"]?.string == "ResponseHeaderModifier" }
        }
    }

    /// The deployments that requests can name, in the order of their rules.
    var named: [Name] { rules.compactMap { $0.namedDeployment.map { Name($0) } } }

    /// The gateways' acceptance of the route's present generation.
    enum Acceptance: Hashable, Sendable {
        case accepted
        case waiting(String)
        case refused(String)
        /// The route is accepted, but some references cannot be resolved.
        case unresolved(String)
    }

    /// The deployments to which any rule leads.
    var referenced: Set<Name> {
        Set(rules.flatMap(\.references).map { deployment(of: $0["name"]?.string ?? "") })
    }

    /// The combined acceptance: every parent must have accepted this generation with all references resolved.
    var acceptance: Acceptance {
        let statuses = route["status", "parents"]?.list ?? []
        let parents = route["spec", "parentRefs"]?.list ?? []
        guard !parents.isEmpty else { return .refused("the route has no parentRefs") }
        var unresolved: Acceptance?
        for parent in parents {
            let name = parent["name"]?.string ?? ""
            guard let status = statuses.first(where: { isStatus($0, of: parent) }) else {
                return .waiting("gateway \(name) to accept the route")
            }
            for type in ["Accepted", "ResolvedRefs"] {
                let conditions = status["conditions"]?.list ?? []
                guard let condition = conditions.first(where: { $0["type"]?.string == type }),
                    (condition["observedGeneration"]?.integer ?? 0) >= (route.generation ?? 0)
                else { return .waiting("gateway \(name) to report \(type) for the present route") }
                if condition["status"]?.string != "True" {
                    if condition["reason"]?.string == "BackendNotFound", hasMissingDeployments { continue }
                    let reason = condition["reason"]?.string ?? "no reason"
                    let message = condition["message"]?.string.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
                    guard condition["status"]?.string == "False" else {
                        return .waiting("gateway \(name) to meet the route's condition \(type): \(reason)\(message)")
                    }
                    let said =
                        "gateway \(name) reports that the route's condition \(type) is not met: \(reason)\(message)"
                    if type == "Accepted" { return .refused(said) }
                    unresolved = unresolved ?? .unresolved(said)
                }
            }
        }
        return unresolved ?? .accepted
    }

    /// Whether a rule of the user's route leads to deployments of the endpoint that do not exist yet.
    private var hasMissingDeployments: Bool {
        let prefix = ObjectNames.folded(endpoint) + "-"
        return choice != nil && weights.contains { $0.service.hasPrefix(prefix) && deployments[$0.service] == nil }
    }

    /// Whether a status belongs to a parent: equal name, namespace (by default that of the route) and section.
    private func isStatus(_ status: Value, of parent: Value) -> Bool {
        guard let reference = status["parentRef"] else { return false }
        func namespace(_ value: Value) -> String? { value["namespace"]?.string ?? route.namespace }
        return reference["name"] == parent["name"] && namespace(reference) == namespace(parent)
            && reference["sectionName"] == parent["sectionName"]
    }

    /// The deployment of a Service.
    ///
    /// For an unknown Service, its name without the endpoint's prefix is used.
    private func deployment(of service: String) -> Name {
        if let known = deployments[service] { return known }
        let prefix = ObjectNames.folded(endpoint) + "-"
        return Name(service.hasPrefix(prefix) ? String(service.dropFirst(prefix.count)) : service)
    }
}

extension Value {
    fileprivate var references: [Value] { self["backendRefs"]?.list ?? [] }

    /// The deployment that a rule's match requires in the header.
    fileprivate var namedDeployment: String? {
        for match in self["matches"]?.list ?? [] {
            for header in match["headers"]?.list ?? []
            where header["name"]?.string?.lowercased() == RouteManifest.header {
                return header["value"]?.string
            }
        }
        return nil
    }
}
