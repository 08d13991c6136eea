internal import Rollouts

/// Translates between asset references of files (`azureml:NAME:VERSION`, a path) and of the wire (ARM resource IDs).
package struct AssetReference {
    /// A collection of assets in a workspace's path.
    package enum Collection: String, Sendable {
        case models, codes, environments, data, computes
    }

    var workspace: WorkspaceID
    var collection: Collection

    init(_ collection: Collection, in workspace: WorkspaceID) {
        self.workspace = workspace
        self.collection = collection
    }

    /// The wire's form of a file's reference.
    ///
    /// A path remains as it is.
    func wire(_ text: String) throws(MappingProblem) -> String {
        guard text.lowercased().hasPrefix("azureml:") else { return text }
        let rest = text.dropFirst("azureml:".count)
        if rest.hasPrefix("//") { return text }  // of a registry: azureml://registries/…
        if rest.hasPrefix("/") { return String(rest) }
        if collection == .computes { return path(String(rest)) }
        // The server accepts this short form for Azure's curated environments.
        if collection == .environments, rest.hasPrefix("AzureML-") { return text }
        let (name, separator, version) = rest.cut(atLast: [":", "@"])
        guard let separator, !name.isEmpty, !version.isEmpty else {
            throw MappingProblem("'\(text)' has no version; write azureml:NAME:VERSION")
        }
        return path(String(name), separator == ":" ? "versions" : "labels", String(version))
    }

    /// The file's form of a wire reference.
    func document(_ wire: String) -> String {
        guard let path = ResourcePath(wire) else {
            return wire.lowercased().hasPrefix("/subscriptions/") ? "azureml:\(wire)" : wire
        }
        let parts = path.trailing
        guard path.workspace.isSame(as: workspace), path.endpoint == nil,
            parts.first?.lowercased() == collection.rawValue
        else { return "azureml:\(wire)" }
        func isPlain(_ text: String) -> Bool { !text.contains { ":@/".contains($0) } }
        switch parts.count {
        case 2 where collection == .computes && isPlain(parts[1]): return "azureml:\(parts[1])"
        case 4 where isPlain(parts[1]) && isPlain(parts[3]):
            switch parts[2].lowercased() {
            case "versions": return "azureml:\(parts[1]):\(parts[3])"
            case "labels": return "azureml:\(parts[1])@\(parts[3])"
            default: return "azureml:\(wire)"
            }
        default: return "azureml:\(wire)"
        }
    }

    private func path(_ words: String...) -> String {
        var path = ResourcePath(workspace)
        path.trailing = [collection.rawValue] + words
        return path.description
    }
}

extension WorkspaceID {
    /// Whether both are the same workspace.
    ///
    /// Names of subscriptions, groups and workspaces are compared without case.
    fileprivate func isSame(as other: WorkspaceID) -> Bool {
        subscription.lowercased() == other.subscription.lowercased()
            && resourceGroup.lowercased() == other.resourceGroup.lowercased()
            && name.lowercased() == other.name.lowercased()
    }
}

extension Substring {
    /// The text before and after the last of `separators`, and that separator.
    fileprivate func cut(atLast separators: Set<Character>) -> (Substring, Character?, Substring) {
        guard let index = lastIndex(where: { separators.contains($0) }) else { return (self, nil, "") }
        return (self[..<index], self[index], self[self.index(after: index)...])
    }
}
