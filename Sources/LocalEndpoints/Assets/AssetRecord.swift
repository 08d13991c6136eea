internal import AssetFiles
internal import AzureEndpoints
internal import FoundationEssentials
internal import Rollouts

/// The kinds of assets that can be registered in the workspace and named by deployments.
enum AssetKind: String, Codable, CaseIterable, Sendable {
    case codes, models, environments, data

    var typeName: String { "Microsoft.MachineLearningServices/workspaces/\(rawValue)/versions" }
}

/// One version of an asset as its client registered it.
struct AssetRecord: Codable, Hashable, Sendable {
    var kind: AssetKind
    var name: String
    var version: String
    /// The members of `properties`, including unknown ones.
    var properties: Value
    var created: Timestamp
    var modified: Timestamp

    /// The hash of uploaded code, with which a client finds it again.
    var hash: String? { properties["properties"]?["hash_sha256"]?.string }

    /// Whether the asset can serve a deployment without code: an MLflow model, or an environment with routes.
    ///
    /// A model is an MLflow model if its type says so, or if its folder below `assets`, where files are stored, has
    /// MLflow's descriptor.
    func isServer(storedIn assets: String) -> Bool {
        switch kind {
        case .models:
            properties["modelType"]?.string?.lowercased() == "mlflow_model"
                || uri.flatMap(BlobPath.init(uri:)).map {
                    FileManager.default.fileExists(atPath: "\(assets)/\($0.relative)/\(MLflowModel.descriptor)")
                } == true
        case .environments: (properties["inferenceConfig"] ?? .null) != .null
        case .codes, .data: false
        }
    }

    /// The first member of the content that differs from `other`; nil if the contents are equal.
    ///
    /// The content of a registered version is immutable, since deployments were made from it.
    func contentDifference(from other: AssetRecord) -> String? {
        let members =
            switch kind {
            case .codes: ["codeUri"]
            case .models: ["modelUri", "modelType"]
            case .data: ["dataUri"]
            case .environments: ["condaFile", "image", "build", "inferenceConfig", "osType"]
            }
        return members.first { member in
            let (mine, others) = (properties[member] ?? .null, other.properties[member] ?? .null)
            if member == "codeUri", let mine = mine.string, let others = others.string {
                // The emulator may be listening on a different port by now.
                return BlobPath(uri: mine) != BlobPath(uri: others) || BlobPath(uri: mine) == nil && mine != others
            }
            return mine != others
        }
    }

    /// The URI of the asset's files; nil if it has none.
    var uri: String? {
        switch kind {
        case .codes: properties["codeUri"]?.string
        case .models: properties["modelUri"]?.string
        case .data: properties["dataUri"]?.string
        case .environments: nil
        }
    }
}

/// A deployment's reference to an asset: `azureml:NAME:VERSION`, `azureml:NAME@latest` or an ARM path.
struct AssetReference: Hashable, Sendable {
    var name: String
    /// The version; nil means the latest.
    var version: String?

    /// Returns nil if `text` does not refer to an asset of the workspace, but for example to a path or a registry.
    init?(_ text: String, _ kind: AssetKind) {
        let short = text.lowercased().hasPrefix("azureml:") ? String(text.dropFirst("azureml:".count)) : text
        if let path = ResourcePath(short) {
            let rest = path.trailing
            guard rest.count >= 2, rest[0].lowercased() == kind.rawValue else { return nil }
            if rest.count == 4, rest[2].lowercased() == "versions" {
                self.init(name: rest[1], version: rest[3])
            } else if rest.count == 4, rest[2].lowercased() == "labels", rest[3].lowercased() == "latest" {
                self.init(name: rest[1], version: nil)
            } else {
                return nil
            }
            return
        }
        guard short != text, !short.hasPrefix("/") else { return nil }
        if let at = short.lastIndex(of: "@") {
            guard short[at...].lowercased() == "@latest" else { return nil }
            self.init(name: String(short[..<at]), version: nil)
        } else {
            let parts = short.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
            self.init(name: String(parts[0]), version: String(parts[1]))
        }
    }

    private init(name: String, version: String?) {
        self.name = name
        self.version = version
    }
}
