internal import Logging
internal import Rollouts

/// What keeps a Gateway from taking an endpoint's route, as far as the Gateway itself tells.
package struct GatewayLook {
    let name: String
    let namespace: String
    /// The listener that is meant; nil: any.
    let section: String?
    /// Of the route.
    let routeNamespace: String
    /// Nil where there is none.
    let gateway: KubernetesObject?

    /// Nil where nothing is known to be wrong.
    package var problem: String? {
        let place = "\(namespace)/\(name)"
        guard let gateway else { return "there is no Gateway \(place)" }
        for type in ["Accepted", "Programmed"] {
            guard let condition = gateway.condition(type), condition["reason"]?.string != "Pending" else {
                guard type == "Accepted" else { continue }
                let wanted = gateway["spec", "gatewayClassName"]?.string ?? ""
                return "no controller has taken Gateway \(place): see that one runs for its class '\(wanted)'"
            }
            guard condition["status"]?.string == "False" else { continue }
            let message = condition["message"]?.string.map { ": \($0)" } ?? ""
            return "Gateway \(place) is not \(type): \(condition["reason"]?.string ?? "no reason")\(message)"
        }
        let all = gateway["spec", "listeners"]?.list ?? []
        let listeners = all.filter { section == nil || $0["name"]?.string == section }
        guard !listeners.isEmpty else {
            let names = all.compactMap { $0["name"]?.string }.joined(separator: ", ")
            return "Gateway \(place) has no listener \(section ?? ""): it has \(names.isEmpty ? "none" : names)"
        }
        guard listeners.contains(where: takes) else {
            return "no listener of Gateway \(place) takes routes of namespace \(routeNamespace): see its allowedRoutes"
        }
        return nil
    }

    /// Which namespaces a selector means is the gateway's to say.
    private func takes(_ listener: Value) -> Bool {
        switch listener["allowedRoutes"]?["namespaces"]?["from"]?.string ?? "Same" {
        case "Same": namespace == routeNamespace
        case "None": false
        default: true
        }
    }
}

extension KubernetesClient {
    /// Looks at a Gateway; nil where it may not be read.
    package func look(
        at name: String, in namespace: String, section: String?, forRoutesOf routeNamespace: String
    ) async throws -> GatewayLook? {
        do {
            return GatewayLook(
                name: name, namespace: namespace, section: section, routeNamespace: routeNamespace,
                gateway: try await get(.gateways, name, in: namespace))
        } catch let error as KubernetesError where error.code == .forbidden {
            logger.debug("the gateway may not be read", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
