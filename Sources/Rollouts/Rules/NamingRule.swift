internal import Support

/// Names have 3 to 32 letters, digits and hyphens, begin with a letter and don't end with a hyphen; on Kubernetes,
/// where they become names of objects, letters are lower-case (AzureCompatibility.md; RFC 1123 labels).
package struct NamingRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        switch change {
        case .putEndpoint(let definition): violation(of: definition.name, what: "endpoint", kind: kind)
        case .putDeployment(let definition): violation(of: definition.name, what: "deployment", kind: kind)
        default: nil
        }
    }

    /// Why `name` cannot be the name of a `what`, or nil.
    package func violation(of name: Name, what: String, kind: EndpointKind) -> Violation? {
        let bytes = Array(name.text.utf8)
        func complain(_ detail: String) -> Violation {
            Violation(rule: "naming", message: "the \(what) name '\(name)' \(detail)")
        }
        guard (3...32).contains(bytes.count) else { return complain("must have 3 to 32 characters") }
        guard bytes.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }) else {
            return complain("may have letters, digits and hyphens only")
        }
        guard bytes[0].isLetter else { return complain("must begin with a letter") }
        guard bytes[bytes.count - 1] != UInt8(ascii: "-") else { return complain("must not end with a hyphen") }
        guard kind != .kubernetes || name.text == name.text.lowercased() else {
            return complain("must be in lower case on Kubernetes")
        }
        return nil
    }
}
