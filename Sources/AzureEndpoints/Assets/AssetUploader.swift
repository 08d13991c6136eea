package import AssetFiles
internal import FoundationEssentials
internal import RolloutEngine
package import Rollouts

/// Uploads a deployment's files to the workspace as `az ml` does, once per content.
///
/// Content that the workspace already has is not read from disk again, so that a deployment can be restored after its
/// files have changed.
package struct AssetUploader: Sendable {
    package let client: AzureClient
    package let yaml: YAMLReader

    static let hashVersion = 202208

    package init(_ client: AzureClient, yaml: @escaping YAMLReader) {
        self.client = client
        self.yaml = yaml
    }

    /// Returns the assets of `definition`, after uploading those that the workspace does not have yet.
    ///
    /// - Throws: ``BackendError`` that names the file that has changed since the plan was made.
    func assets(for definition: DeploymentDefinition) async throws -> DeploymentAssets {
        guard let contents = definition.contents else { return DeploymentAssets() }
        var assets = DeploymentAssets()
        do {
            if let digest = contents.environment {
                assets.environment = try await environment(digest, of: definition).path(in: client.workspace)
                    .description
            }
            if let hash = contents.model {
                assets.model = try await model(hash, of: definition).path(in: client.workspace).description
            }
            if let hash = contents.code {
                assets.code = try await code(hash, of: definition).path(in: client.workspace).description
            }
            if let digest = contents.command { try await command(digest, of: definition) }
        } catch let problem as AssetProblem {
            let member = problem.member.isEmpty ? "" : "\(problem.member): "
            throw BackendError(.refused, "deployment \(definition.name): \(member)\(problem.message)")
        }
        return assets
    }

    // MARK: Each kind

    private func environment(_ digest: String, of definition: DeploymentDefinition) async throws -> AssetID {
        let id = definition.environmentID(digest: digest)
        if try await client.asset(id) != nil { return id }
        let files = try files(of: definition, "environment")
        guard let environment = try files.environment(), environment.digest == digest else {
            throw Self.changed("environment", definition)
        }
        _ = try await register(environment, as: id, isAnonymous: true)
        return id
    }

    /// Registers an environment, including its build context if it has one.
    package func register(_ environment: EnvironmentFiles, as id: AssetID, isAnonymous: Bool) async throws -> Value {
        var context: String?
        if let build = environment.build {
            let (_, container, path) = try await upload(build, try build.hashes(), name: id.name, version: id.version)
            context = container.url + "/" + path + "/"
        }
        return try await client.put(environment.properties(isAnonymous: isAnonymous, context: context), as: id)
    }

    private func model(_ hash: String, of definition: DeploymentDefinition) async throws -> AssetID {
        let document = definition.document["model"] ?? .null
        let name = document["name"]?.string ?? ""
        let id: AssetID
        if let known = definition.modelID(hash: hash) {
            if let present = try await client.asset(known) {
                guard
                    name.isEmpty
                        || present["properties"]?["modelUri"]?.string?.contains("/LocalUpload/\(hash)/") == true
                else {
                    throw AssetProblem(
                        "\(known.name):\(known.version) is already registered with other files; use another version",
                        member: "model")
                }
                return known
            }
            id = known
        } else {
            // A name without a version stands for the version that has these files, or else the next one.
            let versions = try await client.assets(.models, named: name)
            if let present = versions.first(where: {
                $0["properties"]?["modelUri"]?.string?.contains("/LocalUpload/\(hash)/") == true
            }), let version = present["name"]?.string {
                return AssetID(.models, name, version)
            }
            id = AssetID(.models, name, try await nextVersion(.models, name))
        }
        guard let tree = try files(of: definition, "model").model() else { throw Self.changed("model", definition) }
        let hashes = try tree.hashes()
        guard hashes.object == hash else { throw Self.changed("model.path", definition, tree.root) }
        _ = try await register(tree, hashes, document, as: id, isAnonymous: name.isEmpty)
        return id
    }

    /// Registers a model whose files are at `tree`.
    ///
    /// `document` is the model file, or the `model` of a deployment file.
    package func register(
        _ tree: AssetTree, _ hashes: AssetHashes, _ document: Value, as id: AssetID, isAnonymous: Bool
    ) async throws -> Value {
        let (_, _, path) = try await upload(tree, hashes, name: id.name, version: id.version)
        return try await client.put(
            Self.modelProperties(document, uri: client.workspace.datastore(path), isAnonymous: isAnonymous), as: id)
    }

    /// The `properties` of a model version.
    package static func modelProperties(_ document: Value, uri: String, isAnonymous: Bool) -> Value {
        var members: [String: Value] = [
            "modelType": .string(document.modelType), "modelUri": .string(uri),
            "isAnonymous": .bool(isAnonymous), "isArchived": false,
            "tags": .mapping(document["tags"]?.texts ?? [:]),
            "properties": .mapping(document["properties"]?.texts ?? [:]),
        ]
        for key in ["description", "stage"] { members[key] = document[key]?.string.map(Value.string) }
        if case .mapping(let flavors)? = document["flavors"] {
            members["flavors"] = .mapping(flavors.mapValues { ["data": $0] })
        }
        return .mapping(members)
    }

    private func code(_ hash: String, of definition: DeploymentDefinition) async throws -> AssetID {
        let id = AssetID(.codes, Self.codeName(hash), "1")
        if let present = try await client.code(withHash: hash, named: id.name) { return present }
        guard let tree = try files(of: definition, "code_configuration.code").code() else {
            throw Self.changed("code_configuration.code", definition)
        }
        let hashes = try tree.hashes()
        guard hashes.content == hash else { throw Self.changed("code_configuration.code", definition, tree.root) }
        _ = try await register(code: tree, hashes, as: id, isAnonymous: true)
        return id
    }

    /// Registers code.
    ///
    /// For a single file, the registered path is the folder that it is uploaded to.
    package func register(
        code tree: AssetTree, _ hashes: AssetHashes, as id: AssetID, isAnonymous: Bool
    ) async throws -> Value {
        let (address, signed) = try await client.startUpload(of: id)
        let container = try BlobContainer(signed: signed, transport: client.transport)
        let folder = "LocalUpload/\(hashes.object)"
        try await upload(tree, below: tree.isFile ? folder : "\(folder)/\(tree.name)", to: container)
        try await confirm(tree, in: folder, name: id.name, version: id.version, container)
        let path = tree.isFile ? folder : "\(folder)/\(tree.name)"
        return try await client.put(
            [
                "codeUri": .string(address + "/" + path), "isAnonymous": .bool(isAnonymous),
                "properties": ["hash_sha256": .string(hashes.content), "hash_version": .string("\(Self.hashVersion)")],
            ], as: id)
    }

    /// A name for code without a name, derived from its hash.
    ///
    /// (The Azure SDK uses a random name and finds code by its hash.)
    package static func codeName(_ hash: String) -> String {
        let digits = Array(hash.prefix(32))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    /// Uploads the files of a command, which the emulator finds by their digest.
    private func command(_ digest: String, of definition: DeploymentDefinition) async throws {
        let id = AssetID(.codes, CommandFiles.assetName(digest), "1")
        if try await client.asset(id) != nil { return }
        guard let files = try CommandFiles(definition.serving), try files.digest() == digest else {
            throw Self.changed("the files of its command", definition, definition.serving?["folder"]?.string)
        }
        let (address, signed) = try await client.startUpload(of: id)
        let container = try BlobContainer(signed: signed, transport: client.transport)
        for file in files.files {
            try await container.put(file.place, size: file.size, as: "files/\(file.path)")
        }
        guard try CommandFiles(definition.serving)?.digest() == digest else {
            throw Self.changed("the files of its command", definition, files.base)
        }
        let executables = files.files.filter(\.isExecutable).map { Value.string($0.path) }
        _ = try await client.put(
            [
                "codeUri": .string(address + "/files"), "isAnonymous": true,
                "properties": [
                    TurnoutProperty.levels: .string("\(files.levels)"),
                    TurnoutProperty.executables: .string(try JSONText.line(executables)),
                ],
            ], as: id)
    }

    // MARK: Uploading

    /// Uploads to the workspace's datastore unless a complete upload of the same content exists.
    private func upload(
        _ tree: AssetTree, _ hashes: AssetHashes, name: String, version: String
    ) async throws -> (account: String, container: BlobContainer, path: String) {
        let (account, container) = try await client.datastore()
        let folder = "LocalUpload/\(hashes.object)"
        let path = "\(folder)/\(tree.name)"
        let indicator = try Self.indicator(of: tree, in: folder)
        if try await container.metadata(of: indicator)?["upload_status"] != "completed" {
            try await upload(tree, below: tree.isFile ? folder : path, to: container)
            try await confirm(tree, in: folder, name: name, version: version, container)
        }
        return (account, container, path)
    }

    private func upload(_ tree: AssetTree, below folder: String, to container: BlobContainer) async throws {
        for file in tree.files {
            try await container.put(file.place, size: file.size, as: "\(folder)/\(file.path)")
        }
        guard try tree.isUnchanged() else { throw AssetProblem("\(tree.root) was edited while it was uploaded") }
    }

    /// Marks the upload as complete, in the metadata of the first blob.
    private func confirm(
        _ tree: AssetTree, in folder: String, name: String, version: String, _ container: BlobContainer
    ) async throws {
        let metadata = ["upload_status": "completed", "name": name, "version": version]
        try await container.set(metadata, of: try Self.indicator(of: tree, in: folder))
    }

    /// The blob whose metadata says whether an upload is complete: that of the first file.
    private static func indicator(of tree: AssetTree, in folder: String) throws(AssetProblem) -> String {
        guard let first = tree.files.min(by: { ($0.place, $0.path) < ($1.place, $1.path) }) else {
            throw AssetProblem("\(tree.root) is empty or contains only ignored files")
        }
        return tree.isFile ? "\(folder)/\(first.path)" : "\(folder)/\(tree.name)/\(first.path)"
    }

    /// The version that follows the latest one.
    package func nextVersion(_ collection: AssetReference.Collection, _ name: String) async throws -> String {
        try await client.container(collection, name)?["properties"]?["nextVersion"]?.string ?? "1"
    }

    private func files(of definition: DeploymentDefinition, _ member: String) throws(AssetProblem) -> DeploymentFiles {
        if let files = DeploymentFiles(definition, yaml: yaml) { return files }
        throw AssetProblem("its content is no longer stored, and the folder of its files is unknown", member: member)
    }

    private static func changed(
        _ member: String, _ definition: DeploymentDefinition, _ place: String? = nil
    ) -> AssetProblem {
        AssetProblem(
            "\(place ?? definition.folder ?? "its folder") was edited since the plan was made; use its present state "
                + "with `turnout resume --adopt`, or start a new run", member: member)
    }
}

extension WorkspaceID {
    /// The URI by which assets refer to a path in the datastore for uploads.
    func datastore(_ path: String) -> String {
        "azureml://subscriptions/\(subscription)/resourcegroups/\(resourceGroup)/workspaces/\(name)/datastores/"
            + "\(AzureClient.datastoreName)/paths/\(path)"
    }
}
