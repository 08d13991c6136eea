internal import Support

/// Names have 3 to 32 letters, digits and hyphens, begin with a letter and do not end with a hyphen.
///
/// On Kubernetes they become object names, so letters must be lower case (AzureCompatibility.md; RFC 1123 labels).
package struct NamingRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        switch change {
        case .putEndpoint(let definition): violation(of: definition.name, what: "endpoint", kind: kind)
        case .putDeployment(let definition): violation(of: definition.name, what: "deployment", kind: kind)
        default: nil
        }
    }

    /// Returns why `name` cannot name a `what`, or `nil` if it can.
    package func violation(of name: Name, what: String, kind: EndpointKind) -> Violation? {
        let bytes = Array(name.text.utf8)
        func complain(_ detail: String) -> Violation {
            Violation(rule: "naming", message: "the \(what) name '\(name)' \(detail)")
        }
        guard (3...32).contains(bytes.count) else { return complain("must have 3 to 32 characters") }
        guard bytes.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }) else {
            return complain("must contain only letters, digits and hyphens")
        }
        guard bytes[0].isLetter else { return complain("must begin with a letter") }
        guard bytes[bytes.count - 1] != UInt8(ascii: "-") else { return complain("must not end with a hyphen") }
        guard kind != .kubernetes || name.text == name.text.lowercased() else {
            return complain("must be in lower case on Kubernetes")
        }
        return nil
    }
}
