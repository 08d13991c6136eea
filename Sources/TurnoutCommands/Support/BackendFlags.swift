internal import ArgumentParser
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutService

/// Which backend, and which of several workspaces or clusters.
struct BackendFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The backend: \(Composition.current.backends.names.joined(separator: ", ")).",
            discussion: "Without it, what TURNOUT_BACKEND says, or \(Composition.current.backends.names[0])."),
        completion: .list(Composition.current.backends.names))
    var backend: String?

    @OptionGroup var azure: AzureOptions
    @OptionGroup var cluster: ClusterOptions

    /// - Throws: ``CommandFailure`` where there is no such backend, or options are for another one.
    func selection() throws(CommandFailure) -> BackendSelection {
        try Self.selection(named: backend, azure.settings + cluster.settings)
    }

    static func selection(
        named name: String?, _ settings: [BackendSetting] = [],
        environment: [String: String] = Composition.current.environment
    ) throws(CommandFailure) -> BackendSelection {
        let variable = environment["TURNOUT_BACKEND"].flatMap { $0.isEmpty ? nil : $0 }
        let options = settings.reduce(into: [:]) { $0[$1.key] = $1.value }
        let selection: BackendSelection
        do throws(ServiceError) {
            selection = try Composition.current.backends.selection(named: name ?? variable, options: options)
        } catch {
            throw CommandFailure(.usage, "\(name == nil ? "TURNOUT_BACKEND" : "--backend"): \(error.message)")
        }
        if let foreign = settings.first(where: { !selection.plugin.options.contains($0.key) }) {
            let owner =
                Composition.current.backends.plugins.first { $0.options.contains(foreign.key) }?.name ?? "another"
            throw CommandFailure(
                .usage,
                "\(foreign.flag) is for --backend \(owner), and this is \(selection.name)")
        }
        return selection
    }

    /// The name of the backend that is used where none is named; the default's where the environment names no backend.
    static var usable: String {
        do throws(CommandFailure) { return try selection(named: nil).name } catch {
            return Composition.current.backends.names[0]
        }
    }
}

/// A setting of a backend that a flag says.
struct BackendSetting: Hashable {
    /// As in ``BackendPlugin/options``.
    var key: String
    var flag: String
    var value: String

    static func all(_ settings: [(key: String, flag: String, value: String?)]) -> [BackendSetting] {
        settings.compactMap { key, flag, value in value.map { BackendSetting(key: key, flag: flag, value: $0) } }
    }
}

/// Which workspace of the cloud is meant, as `az ml` names it.
struct AzureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The Azure subscription of --backend azure.",
            discussion: "These three come from the flag, else from the playbook (backends.azure), else from the "
                + "environment (AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP, AZURE_ML_WORKSPACE), else from az's "
                + "defaults.",
            valueName: "id"))
    var subscription: String?

    @Option(
        name: [.customShort("g"), .long],
        help: ArgumentHelp("The resource group of --backend azure.", valueName: "name"))
    var resourceGroup: String?

    @Option(
        name: [.customShort("w"), .long], help: ArgumentHelp("The workspace of --backend azure.", valueName: "name"))
    var workspaceName: String?

    func validate() throws {
        for setting in settings where setting.value.isEmpty {
            throw ValidationError(
                "\(setting.flag) is empty; leave it out to use the playbook, the environment or az's defaults")
        }
    }

    var settings: [BackendSetting] {
        BackendSetting.all([
            ("subscription", "--subscription", subscription), ("resource_group", "--resource-group", resourceGroup),
            ("workspace", "--workspace-name", workspaceName),
        ])
    }
}

/// Which cluster, for the backend `kubernetes`; what a playbook says of it counts less.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Kubernetes: a kubeconfig, instead of KUBECONFIG's.", valueName: "file"))
    var kubeconfig: String?

    @Option(
        help: ArgumentHelp("Kubernetes: a context of the kubeconfig, instead of its current one.", valueName: "name"))
    var context: String?

    @Option(help: ArgumentHelp("Kubernetes: the namespace, instead of the context's.", valueName: "name"))
    var namespace: String?

    var settings: [BackendSetting] {
        BackendSetting.all([
            ("kubeconfig", "--kubeconfig", kubeconfig), ("context", "--context", context),
            ("namespace", "--namespace", namespace),
        ])
    }
}
