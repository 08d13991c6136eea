internal import ArgumentParser
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutService

/// The options that select a backend and its workspace or cluster.
struct BackendFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The backend: \(Composition.current.backends.names.joined(separator: ", ")).",
            discussion: "Default: TURNOUT_BACKEND, or else \(Composition.current.backends.names[0])."),
        completion: .list(Composition.current.backends.names))
    var backend: String?

    @OptionGroup var azure: AzureOptions
    @OptionGroup var cluster: ClusterOptions

    /// Returns the selected backend.
    ///
    /// - Throws: ``CommandFailure`` if there is no such backend, or an option is for another one.
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
                "\(foreign.flag) requires --backend \(owner), but the backend is \(selection.name)")
        }
        return selection
    }

    /// The name of the backend that is used without `--backend`.
    static var usable: String {
        do throws(CommandFailure) { return try selection(named: nil).name } catch {
            return Composition.current.backends.names[0]
        }
    }
}

/// A backend setting that was given as an option.
struct BackendSetting: Hashable {
    /// The key, as in ``BackendPlugin/options``.
    var key: String
    var flag: String
    var value: String

    static func all(_ settings: [(key: String, flag: String, value: String?)]) -> [BackendSetting] {
        settings.compactMap { key, flag, value in value.map { BackendSetting(key: key, flag: flag, value: $0) } }
    }
}

/// The options that select an Azure ML workspace, named as in `az ml`.
struct AzureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The Azure subscription of --backend azure.",
            discussion: "Defaults for these three: the playbook's backends.azure, else AZURE_SUBSCRIPTION_ID, "
                + "AZURE_RESOURCE_GROUP and AZURE_ML_WORKSPACE, else az's defaults.",
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
                "\(setting.flag) is empty; omit it to use the playbook's, the environment's or az's value")
        }
    }

    var settings: [BackendSetting] {
        BackendSetting.all([
            ("subscription", "--subscription", subscription), ("resource_group", "--resource-group", resourceGroup),
            ("workspace", "--workspace-name", workspaceName),
        ])
    }
}

/// The options that select a cluster for the backend `kubernetes`; they override the playbook.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Kubernetes: the kubeconfig file. Default: KUBECONFIG.", valueName: "file"))
    var kubeconfig: String?

    @Option(
        help: ArgumentHelp("Kubernetes: the context. Default: the kubeconfig's current one.", valueName: "name"))
    var context: String?

    @Option(help: ArgumentHelp("Kubernetes: the namespace. Default: the context's.", valueName: "name"))
    var namespace: String?

    var settings: [BackendSetting] {
        BackendSetting.all([
            ("kubeconfig", "--kubeconfig", kubeconfig), ("context", "--context", context),
            ("namespace", "--namespace", namespace),
        ])
    }
}
