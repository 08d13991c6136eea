internal import Rollouts

/// Everything of one endpoint at one moment.
struct EndpointObjects {
    var anchor: EndpointAnchor
    /// Its own, or the user's; nil where the user's is gone.
    var route: KubernetesObject?
    var deployments: [Name: DeploymentObjects] = [:]
}

/// Reads what an endpoint is from its objects.
struct EndpointReading {
    let objects: EndpointObjects
    let endpoint: Name
    let giveUp: KubernetesSettings.GivingUp
    let now: Timestamp

    func reading(of name: Name) -> DeploymentReading? {
        guard var deployment = objects.deployments[name] else { return nil }
        if objects.anchor.choice == nil {
            deployment.isRouted = route.map { $0.names(name) && $0.acceptance == .accepted } ?? false
        }
        return DeploymentReading(objects: deployment, name: name, endpoint: endpoint, giveUp: giveUp, now: now)
    }

    var route: RouteReading? {
        objects.route.map {
            RouteReading(
                $0, of: endpoint, deployments: Array(objects.deployments.keys), choice: objects.anchor.choice?.rule)
        }
    }

    var snapshot: EndpointSnapshot {
        let anchor = objects.anchor
        var definition = anchor.definition ?? EndpointDefinition(name: endpoint)
        let wanted = route?.traffic ?? .none
        var actual = wanted
        var state = ProvisioningState.succeeded
        var reason: String?
        switch route?.acceptance {
        case .accepted?: break
        case .waiting(let what)?:
            (state, reason) = (.updating, "waiting for \(what)")
            actual = anchor.trafficBefore ?? .none
        case .refused(let why)?:
            (state, reason) = (.failed, why)
            actual = anchor.trafficBefore ?? .none
        case nil: (state, reason) = (.failed, "the route \(anchor.choice?.name ?? "") is not there")
        }
        if anchor.object.deletionTimestamp != nil { (state, reason) = (.deleting, nil) }
        if anchor.choice == nil {
            for field in routeDrift {
                definition.document[path: [DriftedDocument.key, "HTTPRoute spec.\(field.path)"]] = field.live ?? .null
            }
        }
        return EndpointSnapshot(
            definition: definition, kind: .kubernetes, state: state, traffic: Wanted(wanted: wanted, actual: actual),
            deployments: objects.deployments.keys.sorted().compactMap { reading(of: $0)?.snapshot }, reason: reason)
    }

    /// Where the route is not as it was applied, weights apart: those are traffic.
    private var routeDrift: [ManifestDrift.Field] {
        // Where somebody wrote something else in the annotation's place, nothing is known to compare with.
        guard let route = objects.route, let text = route.annotations[Mark.applied],
            case .mapping(var applied)? = try? JSONReader.value(Array(text.utf8)),
            case .mapping(var live)? = route["spec"]
        else { return [] }
        applied["rules"] = applied["rules"].map(Self.withoutWeights)
        live["rules"] = live["rules"].map(Self.withoutWeights)
        return ManifestDrift(applied: .mapping(applied), live: .mapping(live)).fields
    }

    private static func withoutWeights(_ rules: Value) -> Value {
        .list(
            (rules.list ?? []).map { rule in
                var rule = rule
                guard let references = rule["backendRefs"]?.list else { return rule }
                rule[path: ["backendRefs"]] = .list(
                    references.map { reference in
                        var reference = reference
                        reference[path: ["weight"]] = nil
                        return reference
                    })
                return rule
            })
    }
}
