/// A type of object at one version of its API group.
package struct ResourceType: Hashable, Sendable {
    /// The group; empty for the core group.
    package var group: String
    package var version: String
    /// The name in the API's paths, such as `deployments`.
    package var plural: String
    package var kind: String
    package var isNamespaced: Bool

    package init(group: String = "", version: String, plural: String, kind: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// The value of `apiVersion` in objects of this type.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The same type at another version.
    package func at(version: String) -> ResourceType {
        var type = self
        type.version = version
        return type
    }
}

extension ResourceType: CustomStringConvertible {
    /// The name in `kubectl`'s notation, such as `deployments.apps`.
    package var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

extension ResourceType {
    package static let configMaps = ResourceType(version: "v1", plural: "configmaps", kind: "ConfigMap")
    package static let endpoints = ResourceType(version: "v1", plural: "endpoints", kind: "Endpoints")
    package static let events = ResourceType(version: "v1", plural: "events", kind: "Event")
    package static let namespaces = ResourceType(
        version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false)
    package static let nodes = ResourceType(version: "v1", plural: "nodes", kind: "Node", isNamespaced: false)
    package static let pods = ResourceType(version: "v1", plural: "pods", kind: "Pod")
    package static let resourceQuotas = ResourceType(version: "v1", plural: "resourcequotas", kind: "ResourceQuota")
    package static let secrets = ResourceType(version: "v1", plural: "secrets", kind: "Secret")
    package static let serviceAccounts = ResourceType(
        version: "v1", plural: "serviceaccounts", kind: "ServiceAccount")
    package static let services = ResourceType(version: "v1", plural: "services", kind: "Service")

    package static let deployments = ResourceType(
        group: "apps", version: "v1", plural: "deployments", kind: "Deployment")
    package static let replicaSets = ResourceType(
        group: "apps", version: "v1", plural: "replicasets", kind: "ReplicaSet")
    package static let horizontalPodAutoscalers = ResourceType(
        group: "autoscaling", version: "v1", plural: "horizontalpodautoscalers", kind: "HorizontalPodAutoscaler")

    package static let gateways = ResourceType(
        group: "gateway.networking.k8s.io", version: "v1", plural: "gateways", kind: "Gateway")
    package static let httpRoutes = ResourceType(
        group: "gateway.networking.k8s.io", version: "v1", plural: "httproutes", kind: "HTTPRoute")
    package static let gatewayClasses = ResourceType(
        group: "gateway.networking.k8s.io", version: "v1", plural: "gatewayclasses", kind: "GatewayClass",
        isNamespaced: false)

    package static let customResourceDefinitions = ResourceType(
        group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions",
        kind: "CustomResourceDefinition", isNamespaced: false)
    package static let roles = ResourceType(
        group: "rbac.authorization.k8s.io", version: "v1", plural: "roles", kind: "Role")
    package static let roleBindings = ResourceType(
        group: "rbac.authorization.k8s.io", version: "v1", plural: "rolebindings", kind: "RoleBinding")
    static let selfSubjectAccessReviews = ResourceType(
        group: "authorization.k8s.io", version: "v1", plural: "selfsubjectaccessreviews",
        kind: "SelfSubjectAccessReview", isNamespaced: false)
}
