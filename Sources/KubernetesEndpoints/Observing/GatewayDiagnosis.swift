internal import Logging
internal import Rollouts

/// Finds out why a Gateway does not accept an endpoint's route, as far as the Gateway itself reports it.
package struct GatewayDiagnosis {
    let name: String
    let namespace: String
    /// The name of the listener; `nil` for any.
    let section: String?
    /// The route's namespace.
    let routeNamespace: String
    /// The Gateway; `nil` if it does not exist.
    let gateway: KubernetesObject?

    /// A description of the problem; `nil` if none is known.
    package var problem: String? {
        let place = "\(namespace)/\(name)"
        guard let gateway else { return "there is no Gateway \(place)" }
        for type in ["Accepted", "Programmed"] {
            guard let condition = gateway.condition(type), condition["reason"]?.string != "Pending" else {
                guard type == "Accepted" else { continue }
                let wanted = gateway["spec", "gatewayClassName"]?.string ?? ""
                return "no controller has accepted Gateway \(place): check that one runs for its class '\(wanted)'"
            }
            guard condition["status"]?.string == "False" else { continue }
            let message = condition["message"]?.string.map { ": \($0)" } ?? ""
            return "Gateway \(place) is not \(type): \(condition["reason"]?.string ?? "no reason")\(message)"
        }
        let all = gateway["spec", "listeners"]?.list ?? []
        let listeners = all.filter { section == nil || $0["name"]?.string == section }
        guard !listeners.isEmpty else {
            let names = all.compactMap { $0["name"]?.string }.joined(separator: ", ")
            return "Gateway \(place) has no listener \(section ?? ""); its listeners: \(names.isEmpty ? "none" : names)"
        }
        guard listeners.contains(where: takes) else {
            return
                "no listener of Gateway \(place) accepts routes of namespace \(routeNamespace): check its allowedRoutes"
        }
        return nil
    }

    /// Whether a listener accepts the route's namespace.
    ///
    /// Namespaces given by a selector count as accepted.
    private func takes(_ listener: Value) -> Bool {
        switch listener["allowedRoutes"]?["namespaces"]?["from"]?.string ?? "Same" {
        case "Same": namespace == routeNamespace
        case "None": false
        default: true
        }
    }
}

extension KubernetesClient {
    /// Looks at a Gateway; `nil` without permission to read it.
    package func look(
        at name: String, in namespace: String, section: String?, forRoutesOf routeNamespace: String
    ) async throws -> GatewayDiagnosis? {
        do {
            return GatewayDiagnosis(
                name: name, namespace: namespace, section: section, routeNamespace: routeNamespace,
                gateway: try await get(.gateways, name, in: namespace))
        } catch let error as KubernetesError where error.code == .forbidden {
            logger.debug("no permission to read the gateway", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
