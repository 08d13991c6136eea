internal import FoundationEssentials
internal import KubernetesEndpoints
internal import Logging
internal import PlaybookSyntax
internal import PrometheusMetrics
internal import RolloutEngine
internal import Rollouts
internal import SQLiteJournal

/// The backend `kubernetes`: endpoints on a cluster, by the API of that.
///
/// Cluster and namespace come from the command line, else from the playbook (`backends.kubernetes`), else from the
/// kubeconfig, as `kubectl` reads it, or from the Pod that this process runs in. A plan keeps which they were: a run is
/// resumed where it was started, whatever the kubeconfig's current context is by then.
struct KubernetesWorld: KnownBackend {
    static let name = "kubernetes"

    let kubernetes: KubernetesBackend
    /// Where somebody tells what becomes of requests.
    let metered: MeteredCluster?
    let clock: any RunClock = SystemClock()
    /// Of the run, where there is one.
    let endpoint: Name?
    let held = HeldLeases()
    var backend: any Backend { metered ?? kubernetes }
    /// A look costs the cluster nothing: what changes is told by watches.
    var pollInterval: Interval? { .seconds(1) }
    var watchInterval: Interval? { .seconds(2) }

    static func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        // What is wrong with settings is told where they are checked.
        KubernetesBackend.capabilities((try? read(settings))?.metrics)
    }

    static func read(_ settings: Value) throws(KubernetesSettingsProblem) -> KubernetesSettings {
        try KubernetesSettings(settings, accessKeys: PrometheusServer.accessKeys)
    }

    static func problem(in settings: Value, kind: EndpointKind) -> SettingsFault? {
        do {
            guard let metrics = try read(settings).metrics else { return nil }
            _ = try PrometheusServer(url: metrics.url, access: metrics.access)
            return nil
        } catch let problem as KubernetesSettingsProblem {
            return SettingsFault(path: problem.path, message: problem.message)
        } catch let problem as PrometheusServer.AccessProblem {
            let key = problem.key == "url" ? "prometheus" : problem.key
            return SettingsFault(path: ["metrics", key], message: problem.message)
        } catch {
            return SettingsFault(path: [], message: "\(error)")
        }
    }

    static let cluster: ClusterFit? = ClusterFit(digestKey: CodeFolder.digestKey) { folder throws(ClusterMisfit) in
        do throws(CodeFolder.Problem) {
            return try CodeFolder(at: folder).digest
        } catch {
            throw ClusterMisfit("\(error)")
        }
    }

    static func settled(_ settings: Value, flags: [String: String]) -> Value {
        guard case .mapping(var members) = settings == .null ? [:] : settings else { return settings }
        for (key, text) in flags { members[key] = .string(text) }
        // Where there is no kubeconfig, opening the backend says so; a plan can be looked at all the same.
        if let read = try? read(.mapping(members)), let found = try? configuration(read) {
            members["context"] = found.context.map(Value.string)
            members["namespace"] = .string(found.namespace)
        }
        return members.isEmpty ? settings : .mapping(members)
    }

    static func settled(_ action: StageAction, settings: Value) -> StageAction {
        // What is wrong with settings is told where they are checked.
        guard let settings = try? read(settings) else { return action }
        switch action {
        case .define(let endpoint, let deployment, let allTraffic):
            return .define(
                settings.planned(endpoint), deployment: deployment.map(settings.planned), allTraffic: allTraffic)
        case .deploy(let definition): return .deploy(settings.planned(definition))
        default: return action
        }
    }

    func obstacles(to plan: Plan) async throws -> [String] {
        guard let endpoint = plan.definedEndpoint,
            // What is so already is not written.
            try await kubernetes.observe(endpoint.name)?.definition != endpoint
        else { return [] }
        return [try await kubernetes.rival(of: endpoint)].compactMap(\.self)
    }

    /// Where a plan's endpoints are, as flags would say it.
    static func place(_ settings: Value) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: ["kubeconfig", "context", "namespace"].compactMap { key in
                settings[key]?.string.flatMap { $0.isEmpty ? nil : (key, $0) }
            })
    }

    static func place(of settings: Value) -> String? {
        guard let read = try? read(settings), let found = try? configuration(read) else { return nil }
        let server = found.server.split(separator: "://", maxSplits: 1).last.map(String.init) ?? found.server
        return "\(server)/\(read.namespace ?? found.namespace)"
    }

    static func open(_ opening: BackendOpening) async throws -> any OpenBackend {
        let value = opening.plan?.backendSettings ?? opening.selection.settled(.null)
        let settings: KubernetesSettings
        do throws(KubernetesSettingsProblem) { settings = try read(value) } catch {
            throw CommandFailure(.invalidPlaybook, "\(opening.plan?.playbook ?? name): \(error)")
        }
        // Looking makes no state folder.
        let home = opening.use == .work ? try await opening.workspace.withJournal { try $0.home() } : nil
        let kubernetes = KubernetesBackend(
            try client(settings), settings: settings, plan: try opening.plan?.hash(), home: home,
            folders: opening.plan.map(folders) ?? [:])
        let world = KubernetesWorld(
            kubernetes: kubernetes, metered: try settings.metrics.map { try MeteredCluster(kubernetes, $0) },
            endpoint: opening.plan?.endpoint)
        do throws(BackendError) {
            _ = try await world.kubernetes.endpoints()
        } catch {
            // A server that is away comes back; what it refuses, a missing right or API, stays refused.
            guard error.code == .refused else { return world }
            await world.close()
            throw CommandFailure(.failed, error.message)
        }
        return world
    }

    /// Where the code is that the plan's deployments have, by its digest.
    private static func folders(_ plan: Plan) -> [String: String] {
        var folders: [String: String] = [:]
        for stage in plan.stages {
            guard let deployment = stage.action.deployment, let folder = deployment.folder,
                let digest = deployment.document["code_configuration"]?[CodeFolder.digestKey]?.string
            else { continue }
            folders[digest] = folder
        }
        return folders
    }

    /// - Throws: ``CommandFailure`` where there is no usable configuration of a cluster.
    static func client(_ settings: KubernetesSettings) throws -> KubernetesClient {
        do throws(KubernetesError) {
            return try KubernetesClient(try configuration(settings))
        } catch {
            throw CommandFailure(.failed, "no cluster can be reached: \(error)")
        }
    }

    private static func configuration(_ settings: KubernetesSettings) throws(KubernetesError) -> ClusterConfiguration {
        var environment = ProcessInfo.processInfo.environment
        if let path = settings.kubeconfig {
            guard FileManager.default.fileExists(atPath: path) else {
                throw KubernetesError(
                    .configuration,
                    "--kubeconfig, or backends.kubernetes.kubeconfig, names \(path), and no such file is there")
            }
            environment["KUBECONFIG"] = path
        }
        return try ClusterConfiguration.load(
            environment: environment, KubeconfigOverrides(context: settings.context, namespace: settings.namespace),
            parse: yamlValue)
    }

    func endpoints() async throws -> [Name] { try await kubernetes.endpoints() }

    func history(of endpoint: Name) throws -> [HistoryLine] {
        throw CommandFailure(
            .usage,
            "a cluster keeps no history of changes: `turnout events` has that of a run, and the objects' annotations "
                + "turnout.dev/run and turnout.dev/stage the last change")
    }

    func scoringURI(of endpoint: Name) async throws -> String? { try await kubernetes.scoringURI(of: endpoint) }

    /// Says where clients send their requests, once the endpoint serves them, and whenever that changes.
    func accompany(_ run: RunID, tell: @escaping @Sendable (WorldNews) -> Void) async {
        guard let endpoint else { return }
        var told: String?
        while !Task.isCancelled {
            do {
                let traffic = try await kubernetes.observe(endpoint)?.traffic.actual ?? .none
                if !traffic.isEmpty, let address = try await scoringURI(of: endpoint), address != told {
                    told = address
                    tell(.serving(scoringURI: address))
                }
                try await Task.sleep(for: .milliseconds(500))
            } catch is CancellationError {
                return
            } catch {
                logger.debug("where the endpoint is cannot be told", metadata: ["error": "\(error)"])
                guard (try? await Task.sleep(for: .seconds(2))) != nil else { return }  // cancelled
            }
        }
    }

    var logger: Logger { Logger(label: "turnout.kubernetes") }

    func keys(of endpoint: Name) throws -> ClientKeys {
        throw CommandFailure(
            .usage, "the backend \(Self.name) has no keys: who may call an endpoint is the gateway's to decide")
    }

    func regenerate(_ key: ClientKeys.Which, of endpoint: Name) throws -> ClientKeys { try keys(of: endpoint) }

    func close() async {
        await metered?.close()
        await kubernetes.close()
    }
}

extension Plan {
    /// What the plan's first stage that defines an endpoint makes of it.
    var definedEndpoint: EndpointDefinition? {
        for stage in stages where stage.skip == nil {
            if case .define(let definition, _, _) = stage.action { return definition }
        }
        return nil
    }
}
