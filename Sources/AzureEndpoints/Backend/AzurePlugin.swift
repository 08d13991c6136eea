internal import FoundationEssentials
package import PlaybookSyntax
package import RolloutEngine
package import Rollouts

/// The backend `azure`: a workspace in the cloud, accessed with the same client as the local emulator.
///
/// Subscription, resource group and workspace come from the options, else the playbook (`backends.azure`), else the
/// environment, else `az`'s defaults. The backend was tested only against the emulator.
package struct AzurePlugin: BackendPlugin {
    package let name = "azure"
    package let options = Self.workspace.fields.map(\.key)
    package let settingsShape = Shape.object(Self.workspace)
    package let takesFiles = true

    private static let workspace = ObjectShape(
        "the settings",
        [
            Field(
                "subscription", .text, "ID of the subscription. Default: AZURE_SUBSCRIPTION_ID, or else az's default.",
                example: "00000000-0000-0000-0000-000000000000"),
            Field(
                "resource_group", .text,
                "Name of the resource group. Default: AZURE_RESOURCE_GROUP, or else az's default.",
                example: "models"),
            Field(
                "workspace", .text, "Name of the workspace. Default: AZURE_ML_WORKSPACE, or else az's default.",
                example: "production"),
        ])

    /// The backend that runs the servers of an emulator on this machine.
    private let emulator: any BackendPlugin
    private let environment: [String: String]

    /// Creates the plug-in.
    ///
    /// If the environment points to an emulator on this machine, the settings of the backend `emulator` say how
    /// deployments
    /// are served.
    package init(
        emulator: any BackendPlugin, environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.emulator = emulator
        self.environment = environment
    }

    package var servers: (any BackendPlugin)? { AzureBackend.isOnThisMachine(in: environment) ? emulator : nil }

    package func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        AzureBackend.capabilities(of: .cloud)
    }

    package func settled(_ settings: Value, options: [String: String]) -> Value {
        var said: CloudWorkspace
        do throws(BackendError) {
            said = CloudWorkspace(in: environment, try AzureConfiguration(of: environment))
        } catch {
            said = CloudWorkspace()  // reported when the backend is opened, which reads the file too
        }
        let words = Value.mapping(options.mapValues(Value.string))
        let known = CloudWorkspace(words).or(CloudWorkspace(settings)).or(said).settings
        guard case .mapping(let members) = settings == .null ? [:] : settings else { return settings }
        let all = members.merging(known.mapValues(Value.string)) { _, counting in counting }
        return all.isEmpty ? settings : .mapping(all)
    }

    package func diagnose(_ visit: DoctorVisit) async -> [Diagnosis] {
        guard visit.isSelected else { return [] }
        return await AzureDoctor(CloudWorkspace(visit.settings), environment: environment).look()
    }

    package func connect(_ opening: BackendOpening) async throws -> any BackendSession {
        AzureSession(
            azure: try await AzureBackend.cloud(
                CloudWorkspace(opening.settings), environment: environment, yaml: pythonYAMLValue(of:)),
            pollInterval: servers == nil ? nil : AzureBackend.pollIntervalOfEmulators)
    }
}

extension CloudWorkspace {
    /// The workspace that a playbook's settings name.
    fileprivate init(_ settings: Value) {
        func text(_ key: String) -> String? { settings[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            subscription: text("subscription"), resourceGroup: text("resource_group"), workspace: text("workspace"))
    }

    /// The workspace's names by their keys in a playbook.
    fileprivate var settings: [String: String] {
        zip(["subscription", "resource_group", "workspace"], [subscription, resourceGroup, workspace])
            .reduce(into: [:]) { settings, pair in settings[pair.0] = pair.1 }
    }
}

private struct AzureSession: AzureBackedSession {
    let azure: AzureBackend
    let pollInterval: Interval?
    let clock: any RunClock = SystemClock()
    var backend: any Backend { azure }

    func close() async { await azure.close() }
}

/// A session that registers assets.
package protocol AssetRegistering: BackendSession {
    var uploader: AssetUploader { get }
}

/// A session whose endpoints are accessed by Azure's API, in the cloud or in the local emulator.
package protocol AzureBackedSession: KeyedEndpoints, ChangeHistory, AssetRegistering {
    var azure: AzureBackend { get }
}

extension AzureBackedSession {
    package var uploader: AssetUploader { azure.uploader }

    package func endpoints() async throws -> [Name] { try await azure.endpoints() }

    package func history(of endpoint: Name) async throws -> [HistoryEntry] { try await azure.history(of: endpoint) }

    package func scoringURI(of endpoint: Name) async throws -> String? { try await azure.scoringURI(of: endpoint) }

    package func keys(of endpoint: Name) async throws -> ClientKeys {
        try ClientKeys(try await azure.keys(of: endpoint), of: endpoint)
    }

    package func regenerate(_ key: ClientKeys.Which, of endpoint: Name) async throws -> ClientKeys {
        try ClientKeys(try await azure.regenerate(key.wire, of: endpoint), of: endpoint)
    }
}

extension ClientKeys {
    fileprivate init(_ keys: EndpointKeys, of endpoint: Name) throws(BackendError) {
        guard let primary = keys.primaryKey, let secondary = keys.secondaryKey else {
            throw BackendError(.refused, "endpoint \(endpoint) has no keys, because its auth mode is not 'key'")
        }
        self.init(primary: primary, secondary: secondary)
    }
}

extension ClientKeys.Which {
    fileprivate var wire: RegenerateKeysRequest.KeyType {
        switch self {
        case .primary: .primary
        case .secondary: .secondary
        }
    }
}
