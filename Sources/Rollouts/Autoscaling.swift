/// `scale_settings: {type: target_utilization, …}` of a deployment's file, with Azure's defaults.
package struct Autoscaling: Hashable, Sendable {
    /// The defaults of the members of `scale_settings`, each a whole number.
    package static let defaults = ["min_instances": 1, "max_instances": 1, "target_utilization_percentage": 70]

    /// The permitted number of instances; at least 1.
    package var counts: ClosedRange<Int>
    /// The target utilization in percent.
    package var targetUtilization: Int

    /// Returns `nil` if the deployment is scaled manually.
    package init?(_ definition: DeploymentDefinition) {
        let settings = definition.document["scale_settings"]
        guard settings?["type"]?.string == "target_utilization" else { return nil }
        func number(_ key: String) -> Int { max(settings?[key]?.integer ?? Self.defaults[key] ?? 1, 1) }
        counts = number("min_instances")...max(number("min_instances"), number("max_instances"))
        targetUtilization = number("target_utilization_percentage")
    }
}
