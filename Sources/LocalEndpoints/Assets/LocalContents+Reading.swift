internal import AzureEndpoints
package import Rollouts

extension LocalContents {
    /// Models of more bytes are known by names, sizes and times: reading gigabytes would hold up every plan.
    private static let readModel = 64 << 20

    /// Reads what the local paths of `definition` lead to; nil where nothing of it is used.
    ///
    /// Where `choice` names no server, the deployment's own script serves.
    ///
    /// - Throws: ``FileTreeProblem``, or ``ControlError`` for a path that leads nowhere.
    package init?(of definition: DeploymentDefinition, served choice: InstanceChoice?) throws {
        guard let folder = definition.folder else { return nil }
        let paths = try LocalPaths(folder)
        switch choice {
        case .simulate, .external: return nil
        case .command(let words):
            let named = words.filter { !$0.hasPrefix("/") && !$0.isEmpty }
            let digests = try named.compactMap { word -> String? in
                // A word that is no file's name is none of the command's files.
                guard let place = LocalPaths.resolved(paths.root + "/" + word), place != paths.root,
                    place.hasPrefix(paths.root + "/")
                else { return nil }
                return try FileTree(place).fingerprint(reading: Self.readModel)
            }
            guard !digests.isEmpty else { return nil }
            self.init(command: digests.joined(separator: " "))
        case nil:
            func local(_ path: String?, _ what: String) throws -> FileTree? {
                guard let path, !path.lowercased().hasPrefix("azureml:"), !path.hasPrefix("/subscriptions/") else {
                    return nil
                }
                return try FileTree(paths.resolve(path, what: what))
            }
            let document = definition.document
            self.init(
                code: try local(document["code_configuration"]?["code"]?.string, "code_configuration.code")?.digest(),
                environment: try local(document["environment"]?["conda_file"]?.string, "environment.conda_file")?
                    .digest(),
                model: try local(document["model"]?.string ?? document["model"]?["path"]?.string, "model.path")?
                    .fingerprint(reading: Self.readModel))
            guard self != LocalContents() else { return nil }
        }
    }

    /// As the property ``TurnoutProperty/contents`` has it: equal contents are equal texts.
    package var property: String {
        [("code", code), ("environment", environment), ("model", model), ("command", command)]
            .compactMap { key, digest in digest.map { "\"\(key)\":\"\($0)\"" } }
            .joined(separator: ",").wrapped
    }

    /// Reads the property.
    init(property text: String) throws(ControlError) {
        do {
            self = try WireJSON.decode(LocalContents.self, from: text)
        } catch {
            throw .badArgument("the member \(TurnoutProperty.contents) cannot be read", target: "properties.properties")
        }
    }
}

extension String {
    fileprivate var wrapped: String { "{\(self)}" }
}
