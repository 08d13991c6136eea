internal import AzureEndpoints
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// The backend `azure`: a workspace in the cloud, by the same client that speaks to the local emulator.
///
/// Subscription, resource group and workspace come from flags, else from the playbook (`backends.azure`), else from the
/// environment, else from `az`'s defaults. It was tried against the emulator alone.
struct AzureWorld: KnownBackend {
    static let name = "azure"

    let azure: AzureBackend
    let clock: any RunClock = SystemClock()
    var backend: any Backend { azure }
    /// An emulator's changes take as long as its servers need to start, not the cloud's minutes.
    var pollInterval: Interval? { Self.servers == nil ? nil : LocalWorld.pollInterval }

    private static let keys = ["subscription", "resource_group", "workspace"]

    static func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        AzureBackend.capabilities(of: .cloud)
    }

    static func problem(in settings: Value, kind: EndpointKind) -> SettingsFault? {
        guard settings != .null else { return nil }
        guard case .mapping(let members) = settings else {
            return SettingsFault(path: [], message: "is no mapping of \(keys.joined(separator: ", "))")
        }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            guard keys.contains(key) else {
                let near = nearest(key, among: keys).map { "did you mean '\($0)'?" }
                return SettingsFault(
                    path: [key], message: "is not known: \(near ?? "possible are \(keys.joined(separator: ", "))")")
            }
            guard value.string?.isEmpty == false else {
                return SettingsFault(path: [key], message: "is no name in quotes")
            }
        }
        return nil
    }

    static func settled(_ settings: Value, flags: [String: String]) -> Value {
        let environment = ProcessInfo.processInfo.environment
        var said: CloudWorkspace
        do throws(BackendError) {
            said = CloudWorkspace(in: environment, try AzureConfiguration(of: environment))
        } catch {
            said = CloudWorkspace()  // said when the backend is opened, which reads the file too
        }
        let words = Value.mapping(flags.mapValues(Value.string))
        let known = Self.settings(of: workspace(words).or(workspace(settings)).or(said))
        guard case .mapping(let members) = settings == .null ? [:] : settings else { return settings }
        let all = members.merging(known.mapValues(Value.string)) { _, counting in counting }
        return all.isEmpty ? settings : .mapping(all)
    }

    /// The workspace that settings name.
    static func workspace(_ settings: Value) -> CloudWorkspace {
        CloudWorkspace(
            subscription: settings["subscription"]?.string, resourceGroup: settings["resource_group"]?.string,
            workspace: settings["workspace"]?.string)
    }

    /// As a playbook names the workspace.
    static func settings(of workspace: CloudWorkspace) -> [String: String] {
        zip(keys, [workspace.subscription, workspace.resourceGroup, workspace.workspace])
            .reduce(into: [:]) { settings, pair in settings[pair.0] = pair.1 }
    }

    static let takesFiles = true

    /// Pointed at an emulator on this machine, which runs the servers that the playbook has for `local`.
    static var servers: (any KnownBackend.Type)? {
        AzureBackend.isOnThisMachine(in: ProcessInfo.processInfo.environment) ? LocalWorld.self : nil
    }

    static func open(_ opening: BackendOpening) async throws -> any OpenBackend {
        let settings = opening.selection.settled(opening.plan?.backendSettings ?? .null)
        return AzureWorld(
            azure: try await AzureBackend.cloud(
                workspace(settings), environment: ProcessInfo.processInfo.environment, yaml: pythonYAMLValue(of:)))
    }

    var uploader: AssetUploader? { azure.uploader }

    func endpoints() async throws -> [Name] { try await azure.endpoints() }

    func history(of endpoint: Name) async throws -> [HistoryLine] {
        try await azure.history(of: endpoint).map(HistoryLine.init)
    }

    func scoringURI(of endpoint: Name) async throws -> String? { try await azure.scoringURI(of: endpoint) }

    func keys(of endpoint: Name) async throws -> ClientKeys {
        try ClientKeys(try await azure.keys(of: endpoint), of: endpoint)
    }

    func regenerate(_ key: ClientKeys.Which, of endpoint: Name) async throws -> ClientKeys {
        try ClientKeys(try await azure.regenerate(key.wire, of: endpoint), of: endpoint)
    }

    func close() async { await azure.close() }
}
