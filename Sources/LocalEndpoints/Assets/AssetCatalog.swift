internal import AssetFiles
internal import AzureEndpoints
internal import FoundationEssentials
internal import HTTPTypes
internal import Rollouts
internal import Support

/// The registered assets that deployments are made of; their files are in the emulator's own store.
struct AssetCatalog: Sendable {
    let store: LocalStore
    let folder: LocalFolder
    let blobs: BlobStore
    let yaml: YAMLReader

    /// Derives the specification of a deployment's instances from its body; the kind of instance is never guessed.
    func specification(
        of resource: DeploymentResource, endpoint: Name, deployment: Name, incarnation: String
    ) throws -> InstanceSpecification {
        let scratch = folder.instances(endpoint: endpoint.text, incarnation: incarnation)
        let properties = resource.properties
        let parts = try DeploymentParts(resource)
        return InstanceSpecification(
            endpoint: endpoint, deployment: deployment, count: resource.sku?.capacity ?? 1,
            kind: try kind(of: parts, deployment: deployment, scratch: scratch),
            environmentVariables: properties.environmentVariables ?? [:], folder: scratch,
            liveness: Probe(properties.livenessProbe), readiness: Probe(properties.readinessProbe),
            contents: parts.contents)
    }

    private func kind(of parts: DeploymentParts, deployment: Name, scratch: String) throws -> InstanceKind {
        switch parts.choice {
        case .simulate(let profile, _): return .simulated(profile)
        case .external(var server):
            let told = try environment(of: parts).routes.scoring
            if server.scoringPath == InferenceRoutes().scoring { server.scoringPath = told }
            return .external(server)
        case .command(let command):
            let stored = try commandFiles(parts, command)
            let start = try command.folder ?? code(of: parts) ?? scratch
            return .command(
                CommandServer(
                    arguments: command.arguments, folder: start, stored: stored,
                    routes: try environment(of: parts).routes))
        case nil:
            let model = try model(of: parts)
            guard let script = parts.scoringScript, let code = try code(of: parts) else {
                if let model, model.isMLflow { return try mlflow(model.path, parts) }
                throw ControlError.badArgument(
                    "deployment \(deployment) does not say what serves it: give it a code_configuration with a scoring "
                        + "script or a model of type mlflow_model, or set its property \(InstanceChoice.key) "
                        + "(`backends.local` in a playbook) to simulate, command or external",
                    target: "properties.codeConfiguration")
            }
            try requireScript(script, in: code)
            return .python(
                PythonServer(
                    code: .folder(code, script: script), model: model?.path,
                    conda: try environment(of: parts).conda.map(document(of:)), python: parts.python,
                    environments: folder.environments))
        }
    }

    /// Throws unless the script is a file within the code folder.
    private func requireScript(_ script: String, in code: String) throws(ControlError) {
        let segments = script.split(separator: "/").filter { $0 != "." }
        let isInside = !script.hasPrefix("/") && !segments.isEmpty && !segments.contains("..")
        guard isInside, FileManager.default.fileExists(atPath: "\(code)/\(script)") else {
            throw .badArgument(
                "code_configuration.scoring_script is \(script), but the code has no such file; files that .amlignore "
                    + "or .gitignore excludes are not uploaded", target: "properties.codeConfiguration.scoringScript")
        }
    }

    /// The folder of the deployment's code; nil if it has none.
    private func code(of parts: DeploymentParts) throws -> String? {
        guard let code = parts.code else { return nil }
        guard let reference = AssetReference(code, .codes) else {
            // A server that the playbook names does not need the code that the deployment file names for the cloud.
            guard parts.choice == nil else { return nil }
            throw ControlError.badArgument(
                "codeConfiguration.codeId is \(code), which is not a code asset registered in this workspace",
                target: "properties.codeConfiguration.codeId")
        }
        return try upload(of: try find(reference, .codes))
    }

    /// The stored files of a command; nil if its arguments name no files.
    private func commandFiles(_ parts: DeploymentParts, _ command: InstanceChoice.Command) throws
        -> CommandServer.Stored?
    {
        guard let digest = parts.contents?.command else { return nil }
        let name = CommandFiles.assetName(digest)
        guard let asset = try store.asset(.codes, name, "1") else {
            throw ControlError(
                .notFound, "ResourceNotFound", "the files of the deployment's command are not stored: \(name)")
        }
        let notes = asset.properties["properties"]
        let executables: [String]
        do {
            executables = try JSONText.decode([String].self, from: notes?[TurnoutProperty.executables]?.string ?? "[]")
        } catch {
            throw ControlError.badArgument("\(name): \(TurnoutProperty.executables) must be a JSON list of strings")
        }
        let levels = notes?[TurnoutProperty.levels]?.string.flatMap { Int($0) } ?? 0
        return CommandServer.Stored(tree: try upload(of: asset), executables: executables, levels: levels)
    }

    /// The instance kind for an MLflow model in `folder` that comes without code.
    private func mlflow(_ folder: String, _ parts: DeploymentParts) throws -> InstanceKind {
        let files = FileManager.default
        guard files.fileExists(atPath: "\(folder)/\(MLflowModel.descriptor)") else {
            throw ControlError.badArgument(
                "the model is of type mlflow_model, but its folder has no file \(MLflowModel.descriptor); its path "
                    + "must be the folder that MLflow wrote", target: "properties.model")
        }
        var conda = try environment(of: parts).conda
        let own = "\(folder)/\(MLflowModel.condaFile)"
        if conda == nil, files.fileExists(atPath: own) { conda = try String(contentsOfFile: own, encoding: .utf8) }
        return .python(
            PythonServer(
                code: .mlflow, model: folder, conda: try conda.map(document(of:)), python: parts.python,
                environments: self.folder.environments))
    }

    /// The path of the deployment's model and whether it is an MLflow model; nil if the deployment has no model.
    private func model(of parts: DeploymentParts) throws -> (path: String, isMLflow: Bool)? {
        guard let model = parts.model else { return nil }
        guard let reference = AssetReference(model, .models) else {
            throw ControlError.badArgument(
                "model is \(model), which is not a registered model of this workspace", target: "properties.model")
        }
        let asset = try find(reference, .models)
        let path = try upload(of: asset)
        return (path, asset.isServer(storedIn: folder.assets))
    }

    /// The conda file's text and the server's routes, as defined by the deployment's environment.
    private func environment(of parts: DeploymentParts) throws -> (conda: String?, routes: InferenceRoutes) {
        guard let name = parts.environment else { return (nil, InferenceRoutes()) }
        guard let reference = AssetReference(name, .environments) else {
            guard parts.choice == nil else { return (nil, InferenceRoutes()) }
            throw ControlError.badArgument(
                "environmentId is \(name), which is not a registered environment of this workspace",
                target: "properties.environmentId")
        }
        // A server that the playbook names uses nothing of the environment but its routes, if it is registered.
        guard parts.choice == nil else {
            let known = try store.asset(.environments, reference.name, reference.version ?? "")
            return (nil, InferenceRoutes(known?.properties["inferenceConfig"]))
        }
        let asset = try find(reference, .environments)
        return (asset.properties["condaFile"]?.string, InferenceRoutes(asset.properties["inferenceConfig"]))
    }

    /// Parses the text of a conda file.
    private func document(of conda: String) throws(ControlError) -> CondaDocument {
        do {
            return CondaDocument(text: conda, value: try yaml(conda))
        } catch {
            throw .badArgument(
                "the environment's conda file is not valid YAML: \(error)", target: "properties.environmentId")
        }
    }

    private func find(_ reference: AssetReference, _ kind: AssetKind) throws -> AssetRecord {
        guard let found = try store.asset(kind, reference) else {
            throw ControlError(
                .notFound, "ResourceNotFound",
                "\(kind.rawValue)/\(reference.name)/versions/\(reference.version ?? "latest") is not registered in this "
                    + "workspace")
        }
        return found
    }

    /// The file or folder on disk that an asset's URI refers to.
    private func upload(of asset: AssetRecord) throws -> String {
        guard let uri = asset.uri, let blob = BlobPath(uri: uri) else {
            throw ControlError.badArgument(
                "\(asset.kind.rawValue)/\(asset.name): its files are not in this workspace's store, but at "
                    + (asset.uri ?? "an unknown address")
            )
        }
        let path = blobs.path(blob)
        guard FileManager.default.fileExists(atPath: path) else {
            throw ControlError.badArgument(
                "\(asset.kind.rawValue)/\(asset.name): nothing was uploaded to \(blob.relative)")
        }
        return path
    }
}

extension BlobPath {
    /// Parses the URI of an asset's files: a URL of this emulator's store with any port, or a datastore path.
    init?(uri: String) {
        if let range = uri.firstRange(of: "/paths/"), uri.lowercased().hasPrefix("azureml://") {
            self.init(container: DatastoreRoutes.container, path: String(uri[range.upperBound...]))
            return
        }
        guard let start = uri.firstRange(of: "://"), let slash = uri[start.upperBound...].firstIndex(of: "/") else {
            return nil
        }
        let parts = uri[slash...].split(separator: "?", maxSplits: 1)[0].split(separator: "/")
            .map { PercentEncoding.decoded($0) }
        guard parts.count >= 2, let store = parts[0], BlobRoutes.isStore(store), let container = parts[1] else {
            return nil
        }
        let path = parts.dropFirst(2).compactMap { $0 }
        guard path.count == parts.count - 2 else { return nil }
        self.init(container: container, path: path.joined(separator: "/"))
    }
}
