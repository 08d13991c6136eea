internal import AzureEndpoints
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// The backend that a command works with, as a user names it.
struct BackendSelection: Sendable {
    let backend: any KnownBackend.Type
    private(set) var kind: EndpointKind
    /// True where the user named the kind, so that a playbook's own word on it does not count.
    private var isKindNamed: Bool
    /// Settings that go before the playbook's, from flags or from the run that is gone on with.
    private var flags: [String: String] = [:]

    /// The names that this build knows.
    static var names: [String] { knownBackends.flatMap { $0.names } }

    static var help: String { "The backend: \(names.joined(separator: ", "))." }
    static var helpOnDefault: String { "Without it, what TURNOUT_BACKEND says, or \(knownBackends[0].name)." }

    /// The name of the backend that is used where none is named; the default's where the environment names no backend.
    static var usable: String {
        do throws(CommandFailure) { return try BackendSelection(named: nil).name } catch {
            return knownBackends[0].name
        }
    }

    /// What `--backend` says; without it `TURNOUT_BACKEND`, and at last the default.
    ///
    /// `workspace` is what the flags of a workspace in the cloud say.
    init(
        named name: String?, workspace: CloudWorkspace = CloudWorkspace(),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) {
        let variable = environment["TURNOUT_BACKEND"].flatMap { $0.isEmpty ? nil : $0 }
        let word = name ?? variable ?? knownBackends[0].name
        guard let backend = knownBackends.first(where: { $0.names.contains(word) }) else {
            throw CommandFailure(.usage, Self.refusal(of: word, isVariable: name == nil))
        }
        self.backend = backend
        let told = backend.kinds.first { word == "\(backend.name):\($0.rawValue)" }
        kind = told ?? .managed
        isKindNamed = told != nil
        guard backend == AzureWorld.self || workspace.isEmpty else {
            throw CommandFailure(
                .usage,
                "--subscription, --resource-group and --workspace-name are for --backend azure, and this is \(word)")
        }
        flags = AzureWorld.settings(of: workspace)
    }

    /// The backend of a plan, whose name says the kind too.
    init(of plan: Plan) throws(CommandFailure) {
        try self.init(named: plan.backend)
        isKindNamed = true
        // An edited playbook, or another environment, does not lead the run to another workspace.
        if backend == AzureWorld.self { flags = AzureWorld.settings(of: AzureWorld.workspace(plan.backendSettings)) }
        if backend.cluster != nil { flags = KubernetesWorld.place(plan.backendSettings) }
    }

    /// The playbook's settings of the backend as they count: after flags, and before what the environment says.
    ///
    /// A plan holds them so that a run stays where it began.
    func settled(_ settings: Value) -> Value { backend.settled(settings, flags: flags) }

    /// The same backend, in the cluster that `options` say.
    ///
    /// - Throws: ``CommandFailure`` where the backend is no cluster.
    func on(_ options: ClusterOptions) throws(CommandFailure) -> BackendSelection {
        guard let option = options.settings.keys.min() else { return self }
        guard backend.cluster != nil else {
            throw CommandFailure(
                .usage, "--\(option) is about a cluster, and the backend is \(name): add --backend kubernetes")
        }
        var selection = self
        selection.flags = options.settings
        return selection
    }

    /// The same backend, of the kind that the playbook at `path` asks for (`backends: {simulated: {kind: …}}`).
    ///
    /// A playbook that cannot be read asks for nothing here; making its plan tells what is wrong with it.
    func asking(playbook path: String) -> BackendSelection {
        guard !isKindNamed, !backend.kinds.isEmpty else { return self }
        do throws(FileProblem) {
            let word = try PlaybookSource(path: path).summary.backendKinds[backend.name]
            guard let word, let kind = EndpointKind(rawValue: word), backend.kinds.contains(kind) else { return self }
            var asked = self
            asked.kind = kind
            return asked
        } catch {
            return self
        }
    }

    /// As plans and journals name it: one name for one world of endpoints.
    var name: String { kind == .managed ? backend.name : "\(backend.name):\(kind.rawValue)" }

    /// What the backend can do, before it is opened, with a playbook's settings of it.
    func capabilities(_ settings: Value = .null) -> Capabilities {
        backend.capabilities(of: kind, settings: settings)
    }

    /// Of an endpoint of no plan.
    func leaseKey(_ endpoint: Name) -> LeaseKey {
        LeaseKey(backend: name, place: backend.place(of: settled(.null)), endpoint: endpoint)
    }

    func leaseKey(of plan: Plan) -> LeaseKey {
        LeaseKey(backend: name, place: backend.place(of: plan.backendSettings), endpoint: plan.endpoint)
    }

    /// Opens it for `plan`, where there is one.
    func open(_ use: BackendOpening.Use, for plan: Plan? = nil, in workspace: Workspace) async throws
        -> any OpenBackend
    {
        try await backend.open(BackendOpening(selection: self, plan: plan, use: use, workspace: workspace))
    }

    private static func refusal(of name: String, isVariable: Bool) -> String {
        let place = isVariable ? "TURNOUT_BACKEND" : "--backend"
        let known = "this build has \(names.joined(separator: ", "))"
        let near = nearest(name, among: names).map { "; did you mean '\($0)'?" }
        return "\(place): there is no backend '\(name)'\(near ?? "")\n\(known)"
    }
}
