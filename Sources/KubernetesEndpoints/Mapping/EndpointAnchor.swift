internal import Rollouts

/// The object that represents an endpoint: its HTTPRoute or, if the user owns the route, a separate ConfigMap.
///
/// It stores the definition, the fencing epoch, the key of the last change and the traffic before it.
struct EndpointAnchor: Hashable, Sendable {
    var object: KubernetesObject
    /// The route and rule that the user owns; `nil` if the anchor is the route.
    var choice: KubernetesSettings.RouteChoice?

    static let routeName = "turnout.dev/route"
    static let routeRule = "turnout.dev/route-rule"
    static let address = "turnout.dev/gateway-address"

    /// Fails if the object does not represent the endpoint.
    init?(_ object: KubernetesObject, of endpoint: Name) {
        guard object.labels[Mark.managedBy] == Mark.manager,
            object.labels[Mark.name] == ObjectNames.folded(endpoint), object.labels[Mark.instance] == nil
        else { return nil }
        self.object = object
        guard object.kind == ResourceType.configMaps.kind else { return }
        guard let name = object.annotations[Self.routeName], let rule = object.annotations[Self.routeRule] else {
            return nil
        }
        choice = .init(name: name, rule: Int(rule).map { .index($0) } ?? .named(rule))
    }

    var type: ResourceType { choice == nil ? .httpRoutes : .configMaps }
    var epoch: Int { object.epoch }
    var key: String? { object.annotations[Mark.key] }

    /// The last applied definition; `nil` if another client replaced it.
    var definition: EndpointDefinition? {
        object.annotations[Mark.definition].flatMap { try? ValueCoder.decode(EndpointDefinition.self, from: $0) }
    }

    /// The traffic that clients had before the last change of the weights; `nil` if another client replaced it.
    var trafficBefore: Traffic? {
        object.annotations[Mark.trafficBefore].flatMap { try? ValueCoder.decode(Traffic.self, from: $0) }
    }
}

extension KubernetesObject {
    /// The fencing epoch of the last write; 0 if there is none.
    var epoch: Int { annotations[Mark.epoch].flatMap { Int($0) } ?? 0 }
}
