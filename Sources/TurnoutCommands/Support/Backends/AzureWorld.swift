internal import AzureEndpoints
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// The backend `azure`: a workspace in the cloud, by the same client that speaks to the local emulator.
///
/// Subscription, resource group and workspace come from the playbook (`backends.azure`), else from the environment, else
/// from `az`'s defaults. It was tried against the emulator alone.
struct AzureWorld: KnownBackend {
    static let name = "azure"

    let azure: AzureBackend
    let clock: any RunClock = SystemClock()
    var backend: any Backend { azure }

    private static let keys = ["subscription", "resource_group", "workspace"]

    static func capabilities(of kind: EndpointKind) -> Capabilities { AzureBackend.capabilities(of: .cloud) }

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

    static func open(_ opening: BackendOpening) async throws -> any OpenBackend {
        let settings = opening.plan?.backendSettings ?? .null
        let workspace = CloudWorkspace(
            subscription: settings["subscription"]?.string, resourceGroup: settings["resource_group"]?.string,
            workspace: settings["workspace"]?.string)
        return AzureWorld(
            azure: try await AzureBackend.cloud(workspace, environment: ProcessInfo.processInfo.environment))
    }

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
