internal import AssetFiles
package import Rollouts

/// The registered assets that hold a deployment's files, as the wire names them; nil where it brings none.
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
    /// Where its model is registered, once it was uploaded; nil if it brings none, or its version is the server's choice.
    ///
    /// One without a name is named by its files, as `az ml` does, and by its type where that is not the usual one: what is
    /// registered as a custom model would not serve as one of MLflow.
    func modelID(hash: String) -> AssetID? {
        let model = document["model"]
        guard let name = model?["name"]?.string, !name.isEmpty else {
            let type = (model ?? .null).modelType
            return AssetID(.models, sha256(type == Value.usualModelType ? hash : "\(hash) \(type)"), "1")
        }
        return model?["version"]?.versionText.map { AssetID(.models, name, $0) }
    }

    /// Where its environment is registered.
    func environmentID(digest: String) -> AssetID {
        AssetID(.environments, EnvironmentFiles.anonymous, digest)
    }

    /// The ids that follow from its contents; that of code does not.
    func derivedAssets(in workspace: WorkspaceID) -> DeploymentAssets {
        DeploymentAssets(
            model: contents?.model.flatMap { modelID(hash: $0) }?.path(in: workspace).description,
            environment: contents?.environment.map { environmentID(digest: $0).path(in: workspace).description })
    }

    /// Whether its code is a folder on the machine where it was planned.
    var hasLocalCode: Bool { contents?.code != nil }
    /// Whether its model was uploaded under a version that the server chose.
    var hasChosenModel: Bool { contents?.model.map { modelID(hash: $0) == nil } ?? false }
}

extension Value {
    static let usualModelType = "custom_model"

    /// Of a model: `mlflow_model`.
    var modelType: String { self["type"]?.string?.lowercased() ?? Self.usualModelType }

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
