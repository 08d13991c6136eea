internal import FoundationEssentials
package import PlaybookSyntax
internal import PrometheusMetrics
package import RolloutEngine
package import Rollouts

/// The backend `kubernetes`: endpoints on a cluster, accessed through the Kubernetes API.
///
/// Cluster and namespace come from the command line, else the playbook (`backends.kubernetes`), else the kubeconfig as
/// `kubectl` reads it, or the Pod that this process runs in. A plan records them: a run is resumed where it was
/// started,
/// regardless of the kubeconfig's current context.
package struct KubernetesPlugin: BackendPlugin {
    package let name = "kubernetes"
    package let options = ["kubeconfig", "context", "namespace"]
    package let needsSettings = true

    package init() {}

    package func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        // Invalid settings are reported by the check of settings.
        KubernetesBackend.capabilities((try? Self.read(settings))?.metrics)
    }

    static func read(_ settings: Value) throws(SettingsProblem) -> KubernetesSettings {
        try KubernetesSettings(settings)
    }

    package var settingsShape: Shape { .object(KubernetesSettings.shape) }

    package func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem? {
        do {
            guard let metrics = try Self.read(settings).metrics else { return nil }
            _ = try PrometheusServer(url: metrics.url, access: metrics.access)
            return nil
        } catch let problem as SettingsProblem {
            return problem
        } catch let problem as PrometheusServer.AccessProblem {
            let key = problem.key == "url" ? "prometheus" : problem.key
            return SettingsProblem(path: ["metrics", key], message: problem.message)
        } catch {
            return SettingsProblem(path: [], message: "\(error)")
        }
    }

    package func settled(_ settings: Value, options: [String: String]) -> Value {
        guard case .mapping(var members) = settings == .null ? [:] : settings else { return settings }
        for (key, text) in options { members[key] = .string(text) }
        // A missing kubeconfig is reported when the backend is opened; a plan can be viewed without it.
        if let read = try? Self.read(.mapping(members)), let found = try? Self.configuration(read) {
            members["context"] = found.context.map(Value.string)
            members["namespace"] = .string(found.namespace)
        }
        return members.isEmpty ? settings : .mapping(members)
    }

    package func settled(_ action: StageAction, settings: Value) -> StageAction {
        // Invalid settings are reported by the check of settings.
        guard let settings = try? Self.read(settings) else { return action }
        var settled = action
        settled.mapDefinitions(
            endpoint: { $0 = settings.planned($0) }, deployment: { $0 = settings.planned($0) })
        return settled
    }

    package func place(of settings: Value) -> String? {
        guard let read = try? Self.read(settings), let found = try? Self.configuration(read) else { return nil }
        let server = found.server.split(separator: "://", maxSplits: 1).last.map(String.init) ?? found.server
        return "\(server)/\(read.namespace ?? found.namespace)"
    }

    package func diagnose(_ visit: DoctorVisit) async -> [Diagnosis] {
        guard visit.isSelected else { return [] }
        return await KubernetesDoctor(
            settings: visit.plan?.backendSettings ?? visit.settings, endpoint: visit.plan?.endpoint,
            definition: visit.plan?.definedEndpoint
        ).look()
    }

    package func connect(_ opening: BackendOpening) async throws -> any BackendSession {
        let settings: KubernetesSettings
        do throws(SettingsProblem) { settings = try Self.read(opening.settings) } catch {
            throw BackendError(.refused, "\(opening.plan?.playbook ?? name): \(error)")
        }
        let kubernetes = KubernetesBackend(
            try Self.client(settings), settings: settings, plan: try opening.plan?.hash(), home: opening.home,
            folders: opening.plan.map(Self.folders) ?? [:])
        let session = KubernetesSession(
            kubernetes: kubernetes, metered: try settings.metrics.map { try MeteredCluster(kubernetes, $0) },
            endpoint: opening.plan?.endpoint, notify: opening.notify)
        do throws(BackendError) {
            _ = try await kubernetes.endpoints()
        } catch {
            // An unavailable server may come back; a missing permission or API remains missing.
            guard error.code == .refused else { return session }
            await session.close()
            throw error
        }
        return session
    }

    /// The folders of the code of the plan's deployments, by the code's digest.
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

    /// - Throws: ``BackendError`` if there is no usable cluster configuration.
    static func client(_ settings: KubernetesSettings) throws(BackendError) -> KubernetesClient {
        do throws(KubernetesError) {
            return try KubernetesClient(try configuration(settings))
        } catch {
            throw BackendError(.refused, "cannot connect to a cluster: \(error)")
        }
    }

    private static func configuration(_ settings: KubernetesSettings) throws(KubernetesError) -> ClusterConfiguration {
        var environment = ProcessInfo.processInfo.environment
        if let path = settings.kubeconfig {
            guard FileManager.default.fileExists(atPath: path) else {
                throw KubernetesError(
                    .configuration,
                    "the kubeconfig \(path), set by --kubeconfig or backends.kubernetes.kubeconfig, does not exist")
            }
            environment["KUBECONFIG"] = path
        }
        return try ClusterConfiguration.load(
            environment: environment, KubeconfigOverrides(context: settings.context, namespace: settings.namespace),
            parse: yamlValue)
    }
}
