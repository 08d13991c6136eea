internal import AssetFiles
internal import AzureEndpoints
internal import Rollouts

/// A kind of asset that users register, as with `az ml KIND`.
protocol RegisteredKind {
    /// The name of the kind and of its command: `model`.
    static var word: String { get }
    /// The name with its article: `a model`, `an environment`.
    static var one: String { get }
    static var collection: AssetReference.Collection { get }
    /// The keys that its file may have.
    static var keys: [String] { get }
    /// Returns a summary of `properties` for a list, apart from name and version.
    static func summary(_ properties: Value) -> String

    /// Registers the asset that `document` describes; paths in it are relative to `folder`.
    static func create(_ document: Value, folder: String, as id: AssetID, _ uploader: AssetUploader) async throws
        -> Value
}

extension RegisteredKind {
    /// The keys that all kinds have.
    ///
    /// Keys that only the output of `show` contains are ignored.
    static var common: [String] {
        ["$schema", "name", "version", "description", "tags", "properties", "id", "creation_context", "datastore"]
    }
}

enum RegisteredModel: RegisteredKind {
    static let word = "model"
    static let one = "a model"
    static let collection = AssetReference.Collection.models
    static var keys: [String] {
        common + ["path", "type", "stage", "flavors", "utc_time_created", "latest_version", "job_name"]
    }

    static func summary(_ properties: Value) -> String { properties["modelType"]?.string ?? "" }

    static func create(_ document: Value, folder: String, as id: AssetID, _ uploader: AssetUploader) async throws
        -> Value
    {
        let types = ["custom_model", "mlflow_model", "triton_model"]
        if let type = document["type"]?.string, !types.contains(type.lowercased()) {
            throw AssetProblem("type is '\(type)': expected one of \(types.joined(separator: ", "))")
        }
        guard let path = document["path"]?.string, !path.isEmpty else {
            throw AssetProblem("'path' is missing: the file or folder of the model")
        }
        guard path.isLocalPath else {
            let properties = AssetUploader.modelProperties(document, uri: path, isAnonymous: false)
            return try await uploader.client.put(properties, as: id)
        }
        let tree = try AssetTree(path, in: folder)
        return try await uploader.register(tree, try tree.hashes(), document, as: id, isAnonymous: false)
    }
}

enum RegisteredEnvironment: RegisteredKind {
    static let word = "environment"
    static let one = "an environment"
    static let collection = AssetReference.Collection.environments
    static var keys: [String] {
        common + ["image", "conda_file", "build", "inference_config", "os_type", "latest_version"]
    }

    static func summary(_ properties: Value) -> String {
        properties["image"]?.string ?? (properties["build"] == nil ? "" : "build context")
    }

    static func create(_ document: Value, folder: String, as id: AssetID, _ uploader: AssetUploader) async throws
        -> Value
    {
        let hasImage = document["image"]?.string?.isEmpty == false
        guard hasImage != (document["build"]?["path"] != nil) else {
            throw AssetProblem(
                hasImage ? "has both 'image' and 'build': remove one" : "has neither 'image' nor 'build': add one")
        }
        let files = try EnvironmentFiles(document, folder: folder, yaml: uploader.yaml)
        return try await uploader.register(files, as: id, isAnonymous: false)
    }
}

enum RegisteredCode: RegisteredKind {
    static let word = "code"
    static let one = "code"
    static let collection = AssetReference.Collection.codes
    static var keys: [String] { common + ["path"] }

    static func summary(_ properties: Value) -> String {
        properties["properties"]?["hash_sha256"]?.string.map { "sha256 " + $0.prefix(12) } ?? ""
    }

    static func create(_ document: Value, folder: String, as id: AssetID, _ uploader: AssetUploader) async throws
        -> Value
    {
        guard let path = document["path"]?.string, path.isLocalPath, !path.isEmpty else {
            throw AssetProblem("'path' is missing: the folder of the code")
        }
        let tree = try AssetTree(path, in: folder)
        let hashes = try tree.hashes()
        if let present = try await uploader.client.asset(id) {
            guard present["properties"]?["properties"]?["hash_sha256"]?.string == hashes.content else {
                throw AssetProblem(
                    "\(id.name):\(id.version) is already registered with other files; use another --version")
            }
            return present
        }
        return try await uploader.register(code: tree, hashes, as: id, isAnonymous: false)
    }
}
