internal import Rollouts

/// The HTTPRoute of an endpoint: a rule for each deployment that a request's header can name, then one with weights.
///
/// Weights, group and kind are explicit, so that `kubectl get -o yaml` shows what applies. If no deployment has traffic
/// there is no rule with weights: other requests match no rule, and gateways return 404, as endpoints without traffic
/// do.
struct RouteManifest {
    var endpoint: Name
    var namespace: String
    /// `spec.parentRefs`, as a list.
    var parents: Value
    var hostnames: [String]
    /// The deployments that requests can name through this route.
    var backends: [Backend]
    /// The deployments that the rule with weights leads to, if this route has that rule.
    var weighted: [Backend]
    var traffic: Traffic
    /// Whether the cluster's HTTPRoute has `timeouts`; it does not before Gateway API v1.
    var hasTimeouts = true
    /// Whether every backend of the rule with weights has a filter, which adds its name to responses.
    ///
    /// Envoy Gateway combines a rule's backends into one cluster and counts them together unless one of them has a
    /// filter.
    var hasFilters = false

    /// A deployment that requests can be routed to.
    struct Backend: Hashable, Sendable {
        var deployment: Name
        var timeout: Interval
    }

    static let header = "azureml-model-deployment"
    /// In responses to requests that name a deployment: the endpoint, as `NAMESPACE/ENDPOINT`.
    static let endpointHeader = "turnout-endpoint"

    static func endpointMark(_ endpoint: Name, namespace: String) -> String {
        "\(namespace)/\(ObjectNames.folded(endpoint))"
    }

    var spec: Value {
        var spec: [String: Value] = ["parentRefs": parents]
        if !hostnames.isEmpty { spec["hostnames"] = .list(hostnames.map(Value.string)) }
        // An empty list is invalid, and without a list the server adds a rule that leads nowhere.
        if !rules.isEmpty { spec["rules"] = .list(rules) }
        return .mapping(spec)
    }

    private var rules: [Value] {
        let sorted = backends.sorted { $0.deployment < $1.deployment }
        var rules = sorted.map { backend in
            let match: Value = [
                "path": Self.everyPath,
                "headers": [
                    [
                        "type": "Exact", "name": .string(Self.header),
                        "value": .string(ObjectNames.folded(backend.deployment)),
                    ]
                ],
            ]
            return rule(match, [reference(to: backend.deployment, weight: 1)], timeout: backend.timeout).setting(
                "filters", to: [Self.filter(marks(of: backend.deployment))])
        }
        if let timeout = weighted.map(\.timeout).max(), !traffic.isEmpty {
            let references = referred.map { name in
                let reference = reference(to: name, weight: traffic[name])
                return hasFilters ? Self.filtered(reference, naming: name) : reference
            }
            rules.append(rule(["path": Self.everyPath], references, timeout: timeout))
        }
        return rules
    }

    /// The deployments with traffic and, as far as there is room, the others with weight 0.
    private var referred: [Name] {
        let names = weighted.map(\.deployment).sorted()
        let idle = names.filter { traffic[$0] == 0 }
        let room = RouteParts.maxReferences - (names.count - idle.count)
        let kept = Set(idle.prefix(max(room, 0)))
        return names.filter { traffic[$0] > 0 || kept.contains($0) }
    }

    private static let everyPath: Value = ["type": "PathPrefix", "value": "/"]

    private func rule(_ match: Value, _ references: [Value], timeout: Interval) -> Value {
        var rule: [String: Value] = ["matches": [match], "backendRefs": .list(references)]
        if hasTimeouts { rule["timeouts"] = ["request": .string(Self.duration(timeout))] }
        return .mapping(rule)
    }

    private func reference(to deployment: Name, weight: Int) -> Value {
        [
            "group": "", "kind": "Service", "name": .string(ObjectNames.object(of: deployment, in: endpoint)),
            "port": .integer(DeploymentManifest.servicePort), "weight": .integer(weight),
        ]
    }

    private static func filtered(_ reference: Value, naming deployment: Name) -> Value {
        reference.setting("filters", to: [filter([(header, ObjectNames.folded(deployment))])])
    }

    /// The response headers that identify the route, since a gateway may confuse two routes with the same claim.
    private func marks(of deployment: Name) -> [(name: String, value: String)] {
        [
            (Self.header, ObjectNames.folded(deployment)),
            (Self.endpointHeader, Self.endpointMark(endpoint, namespace: namespace)),
        ]
    }

    /// A filter that sets response headers.
    private static func filter(_ headers: [(name: String, value: String)]) -> Value {
        let set = headers.map { ["name": .string($0.name), "value": .string($0.value)] as Value }
        return ["type": "ResponseHeaderModifier", "responseHeaderModifier": ["set": .list(set)]]
    }

    /// A duration in Gateway API's notation: up to five digits per unit (GEP-2257).
    static func duration(_ interval: Interval) -> String {
        let (seconds, milliseconds) = (interval.milliseconds / 1000, interval.milliseconds % 1000)
        if milliseconds == 0 { return "\(seconds)s" }
        return seconds == 0 ? "\(milliseconds)ms" : "\(seconds)s\(milliseconds)ms"
    }

    /// The `parentRefs` for a gateway of the settings.
    static func parents(_ gateway: KubernetesSettings.GatewayChoice, namespace: String) -> Value {
        var parent: [String: Value] = [
            "group": .string(ResourceType.gateways.group), "kind": .string(ResourceType.gateways.kind),
            "name": .string(gateway.name), "namespace": .string(gateway.namespace ?? namespace),
        ]
        parent["sectionName"] = gateway.sectionName.map(Value.string)
        return [.mapping(parent)]
    }
}

extension Value {
    fileprivate func setting(_ key: String, to value: Value) -> Value {
        var changed = self
        changed[path: [key]] = value
        return changed
    }
}
