/// A rule violation, described in a sentence.
package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule's name.
    package var rule: String
    package var message: String
    /// Whether the violation may resolve with time (Azure answers 409).
    package var isTemporary: Bool

    package init(rule: String, message: String, isTemporary: Bool = false) {
        self.rule = rule
        self.message = message
        self.isTemporary = isTemporary
    }

    package var description: String { message }
}

/// A rule of managed and Kubernetes online endpoints about changes (AzureCompatibility.md).
package protocol ChangeRule: Sendable {
    /// Returns why `change` is refused on a backend of `kind`, or `nil` if this rule permits it.
    ///
    /// `endpoint` is `nil` if it does not exist yet.
    func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation?
}

/// All rules about changes, in the order in which they are applied.
package let changeRules: [any ChangeRule] = [
    ExistenceRule(), NamingRule(), RequestLimitsRule(), InstanceLimitRule(), TrafficSumRule(), MirrorTrafficRule(),
    ExclusiveTrafficRule(), BusyRule(), DeploymentLimitRule(), ReadyForTrafficRule(), DeleteWithTrafficRule(),
]
