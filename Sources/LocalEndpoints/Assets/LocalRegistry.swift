internal import AzureEndpoints
internal import FoundationEssentials
internal import Rollouts

/// Looks up assets that are registered on this machine, without the emulator.
package struct LocalRegistry: Sendable {
    private let folder: LocalFolder

    package init(_ folder: LocalFolder) { self.folder = folder }

    package enum Kind: String, Sendable {
        case codes, models, environments

        /// The word for one of them.
        var word: String {
            switch self {
            case .codes: "code"
            case .models: "model"
            case .environments: "environment"
            }
        }
    }

    package enum Answer: Hashable, Sendable {
        /// The asset is registered; the value is `azureml:NAME:VERSION`.
        case registered(String)
        /// The asset is not registered; `version` is nil if the latest is meant.
        case missing(name: String, version: String?)
        /// The asset is in an Azure registry, or is one of Azure's curated environments.
        case elsewhere
        /// The text is not a reference to an asset.
        case unknown
    }

    /// Looks up an asset that a file names, and resolves the label `latest` to a version.
    package func answer(_ kind: Kind, _ text: String) throws(EmulatorError) -> Answer {
        let lowercased = text.lowercased()
        if lowercased.hasPrefix("azureml://registries/") { return .elsewhere }
        let asset = AssetKind(rawValue: kind.rawValue) ?? .models
        guard let reference = AssetReference(text, asset) else { return .unknown }
        if let found = try find(reference, asset) { return .registered("azureml:\(found.name):\(found.version)") }
        if kind == .environments, lowercased.hasPrefix("azureml:azureml-") { return .elsewhere }
        return .missing(name: reference.name, version: reference.version)
    }

    /// Whether a registered asset can serve a deployment without code: an MLflow model, or an environment with routes.
    package func isServer(_ kind: Kind, _ text: String) throws(EmulatorError) -> Bool {
        let asset = AssetKind(rawValue: kind.rawValue) ?? .models
        guard let reference = AssetReference(text, asset) else { return false }
        return try find(reference, asset)?.isServer(storedIn: folder.assets) == true
    }

    private func find(_ reference: AssetReference, _ kind: AssetKind) throws(EmulatorError) -> AssetRecord? {
        // Does not create a database if no asset was ever registered.
        guard FileManager.default.fileExists(atPath: folder.database) else { return nil }
        let store = try LocalStore(folder)
        let found: Result<AssetRecord?, EmulatorError>
        do throws(EmulatorError) {
            found = .success(try store.asset(kind, reference))
        } catch {
            found = .failure(error)
        }
        try store.close()
        return try found.get()
    }
}
