/// The permissions that Turnout needs in the namespace of its endpoints.
///
/// The sample Role grants exactly these.
package enum RequiredPermissions {
    private static let written: [ResourceType] = [
        .deployments, .services, .configMaps, .horizontalPodAutoscalers, .httpRoutes,
    ]

    package static func needed(in namespace: String) -> [Access] {
        func access(_ verbs: [String], _ type: ResourceType, subresource: String? = nil) -> [Access] {
            verbs.map { Access($0, type, subresource: subresource, namespace: namespace) }
        }
        return written.flatMap { access(["get", "list", "watch", "create", "patch", "delete"], $0) }
            + access(["list", "watch"], .pods) + access(["get"], .pods, subresource: "log")
            + access(["list"], .events) + access(["list", "watch"], .endpointSlices) + access(["get"], .gateways)
            + access(["get", "create", "patch", "delete"], .leases)
            + access(["create"], .services, subresource: "proxy")
    }
}

extension ResourceType {
    /// The current version; older servers have v1beta1.
    package static let endpointSlices = ResourceType(
        group: "discovery.k8s.io", version: "v1", plural: "endpointslices", kind: "EndpointSlice")
}
