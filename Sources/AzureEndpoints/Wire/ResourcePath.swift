package import Rollouts
internal import Support

/// The path of a workspace, an endpoint or a deployment in Azure Resource Manager, and any segments that follow.
///
/// Fixed segments are matched without case, as ARM does. Names keep the caller's case.
package struct ResourcePath: Hashable, Sendable {
    package var workspace: WorkspaceID
    package var endpoint: Name?
    package var deployment: Name?
    /// The segments after the deepest resource, such as `["listKeys"]` or `["turnout", "history"]`.
    ///
    /// For a list it is the collection, `["onlineEndpoints"]` or `["deployments"]`; for other resources, such as
    /// assets, all
    /// their segments.
    package var trailing: [String]

    package init(_ workspace: WorkspaceID, endpoint: Name? = nil, deployment: Name? = nil, _ trailing: String...) {
        self.workspace = workspace
        self.endpoint = endpoint
        self.deployment = deployment
        self.trailing = trailing
    }

    /// Whether exactly these words follow, compared without case.
    package func isFollowed(by words: String...) -> Bool {
        trailing.map { $0.lowercased() } == words.map { $0.lowercased() }
    }
}

/// The names that identify a workspace.
package struct WorkspaceID: Hashable, Sendable {
    package var subscription: String
    package var resourceGroup: String
    package var name: String

    package init(subscription: String, resourceGroup: String, name: String) {
        self.subscription = subscription
        self.resourceGroup = resourceGroup
        self.name = name
    }

    /// The workspace of the emulator, which accepts any other name for it.
    package static let local = WorkspaceID(
        subscription: "00000000-0000-0000-0000-000000000000", resourceGroup: "local", name: "turnout")

    /// The path of an asset in this workspace: `…/models/NAME/versions/VERSION`.
    package func asset(_ collection: String, name: String, version: String) -> String {
        ResourcePath(self, collection, name, "versions", version).description
    }
}

extension ResourcePath: LosslessStringConvertible {
    private static let provider = "Microsoft.MachineLearningServices"

    /// The path with its segments percent-encoded, without a slash at its end.
    package var description: String {
        var segments = [
            "subscriptions", workspace.subscription, "resourceGroups", workspace.resourceGroup, "providers",
            Self.provider, "workspaces", workspace.name,
        ]
        endpoint.map { segments += ["onlineEndpoints", $0.text] }
        deployment.map { segments += ["deployments", $0.text] }
        return (segments + trailing).reduce(into: "") { $0 += "/" + PercentEncoding.encoded($1) }
    }

    /// Parses a path without its query; `nil` if it is not the path of a workspace or of something in it.
    package init?(_ text: String) {
        guard text.first == "/" else { return nil }
        var segments: [String] = []
        for segment in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let decoded = PercentEncoding.decoded(segment) else { return nil }
            segments.append(decoded)
        }
        if segments.last?.isEmpty == true { segments.removeLast() }
        let words = ["subscriptions", nil, "resourcegroups", nil, "providers", Self.provider, "workspaces", nil]
        guard segments.count >= words.count, !segments.contains(where: \.isEmpty) else { return nil }
        for (segment, word) in zip(segments, words) {
            guard let word else { continue }
            guard segment.lowercased() == word.lowercased() else { return nil }
        }
        self.init(WorkspaceID(subscription: segments[1], resourceGroup: segments[3], name: segments[7]))
        var rest = segments.dropFirst(words.count)
        endpoint = Self.resource("onlineEndpoints", &rest)
        if endpoint != nil { deployment = Self.resource("deployments", &rest) }
        trailing = Array(rest)
    }

    /// Removes `COLLECTION/NAME` from the front and returns the name.
    private static func resource(_ collection: String, _ segments: inout ArraySlice<String>) -> Name? {
        guard segments.count >= 2, segments.first?.lowercased() == collection.lowercased() else { return nil }
        segments.removeFirst()
        return segments.popFirst().map { Name($0) }
    }
}
