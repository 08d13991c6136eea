/// What a rule has against something, in a sentence.
package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule's name.
    package var rule: String
    package var message: String
    /// True when waiting may help (Azure answers 409).
    package var isTemporary: Bool

    package init(rule: String, message: String, isTemporary: Bool = false) {
        self.rule = rule
        self.message = message
        self.isTemporary = isTemporary
    }

    package var description: String { message }
}

/// A rule of managed and Kubernetes online endpoints (AzureCompatibility.md) about changes.
package protocol ChangeRule: Sendable {
    /// Why `change` is refused of `endpoint` (nil: there is none yet) on a backend of `kind`, or nil.
    func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation?
}

/// Every rule about changes, in the order in which they are tried.
package let changeRules: [any ChangeRule] = [
    ExistenceRule(), NamingRule(), RequestLimitsRule(), InstanceLimitRule(), TrafficSumRule(), MirrorTrafficRule(),
    ExclusiveTrafficRule(), BusyRule(), DeploymentLimitRule(), ReadyForTrafficRule(), DeleteWithTrafficRule(),
]
