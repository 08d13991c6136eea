internal import AssetFiles
package import Rollouts

/// The IDs of the registered assets that hold a deployment's files; `nil` if the deployment brings none of that kind.
package struct DeploymentAssets: Hashable, Sendable {
    package var code: String?
    package var model: String?
    package var environment: String?

    package init(code: String? = nil, model: String? = nil, environment: String? = nil) {
        self.code = code
        self.model = model
        self.environment = environment
    }
}

extension DeploymentDefinition {
    /// The asset ID of its uploaded model; `nil` if it has no model files or the server chooses the version.
    ///
    /// A model without a name is named by the hash of its files, as `az ml` does, and also by its type if that is not
    /// the
    /// default type: a model registered as a custom model could not be served as an MLflow model.
    func modelID(hash: String) -> AssetID? {
        let model = document["model"]
        guard let name = model?["name"]?.string, !name.isEmpty else {
            let type = (model ?? .null).modelType
            return AssetID(.models, sha256(type == Value.defaultModelType ? hash : "\(hash) \(type)"), "1")
        }
        return model?["version"]?.versionText.map { AssetID(.models, name, $0) }
    }

    /// The asset ID of its environment.
    func environmentID(digest: String) -> AssetID {
        AssetID(.environments, EnvironmentFiles.anonymous, digest)
    }

    /// The IDs that are derived from its contents; the ID of code is not.
    func derivedAssets(in workspace: WorkspaceID) -> DeploymentAssets {
        DeploymentAssets(
            model: contents?.model.flatMap { modelID(hash: $0) }?.path(in: workspace).description,
            environment: contents?.environment.map { environmentID(digest: $0).path(in: workspace).description })
    }

    /// Whether its code was a local folder when it was planned.
    var hasLocalCode: Bool { contents?.code != nil }
    /// Whether its model was uploaded with a version that the server chose.
    var hasChosenModel: Bool { contents?.model.map { modelID(hash: $0) == nil } ?? false }
}

extension Value {
    static let defaultModelType = "custom_model"

    /// The type of a model, such as `mlflow_model`.
    var modelType: String { self["type"]?.string?.lowercased() ?? Self.defaultModelType }

    /// A version, which may be written as a number.
    package var versionText: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        default: nil
        }
    }
}
