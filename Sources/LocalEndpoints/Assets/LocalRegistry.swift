internal import AzureEndpoints
internal import FoundationEssentials
internal import Rollouts

/// What is registered on this machine, read without the emulator.
package struct LocalRegistry: Sendable {
    private let folder: LocalFolder

    package init(_ folder: LocalFolder) { self.folder = folder }

    package enum Kind: String, Sendable {
        case codes, models, environments
    }

    package enum Answer: Hashable, Sendable {
        /// `azureml:NAME:VERSION` of what is registered.
        case registered(String)
        /// With the name and, unless the latest is meant, the version.
        case missing(name: String, version: String?)
        /// It is in a registry of Azure, or one of Azure's own.
        case elsewhere
        /// It is no reference to an asset.
        case unknown
    }

    /// Whether what a file names is registered, and which version a label means.
    package func answer(_ kind: Kind, _ text: String) throws(EmulatorError) -> Answer {
        let lowercased = text.lowercased()
        if lowercased.hasPrefix("azureml://registries/") { return .elsewhere }
        let asset = AssetKind(rawValue: kind.rawValue) ?? .models
        guard let reference = AssetReference(text, asset) else { return .unknown }
        if let found = try find(reference, asset) { return .registered("azureml:\(found.name):\(found.version)") }
        if kind == .environments, lowercased.hasPrefix("azureml:azureml-") { return .elsewhere }
        return .missing(name: reference.name, version: reference.version)
    }

    /// Whether a registered asset can serve a deployment without code: a model of MLflow, an environment with routes.
    package func isServer(_ kind: Kind, _ text: String) throws(EmulatorError) -> Bool {
        let asset = AssetKind(rawValue: kind.rawValue) ?? .models
        guard let reference = AssetReference(text, asset) else { return false }
        return try find(reference, asset)?.isServer(storedIn: folder.assets) == true
    }

    private func find(_ reference: AssetReference, _ kind: AssetKind) throws(EmulatorError) -> AssetRecord? {
        // Nothing is made where nothing was ever registered.
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
