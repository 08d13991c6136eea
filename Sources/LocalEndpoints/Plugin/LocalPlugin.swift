internal import AzureEndpoints
package import PlaybookSyntax
package import RolloutEngine
package import Rollouts
internal import SimulatedEndpoints

/// The default backend, `local`: managed online endpoints that are emulated on this machine, over HTTP.
package struct LocalPlugin: BackendPlugin {
    package let name = "local"
    package let takesFiles = true
    /// The command that starts an emulator process, without options.
    private let serve: [String]
    private let machine: PythonMachine

    package init(serve: [String], machine: PythonMachine = Self.machine) {
        self.serve = serve
        self.machine = machine
    }

    package static let machine = PythonMachine.here.cachingAnswers()

    package func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        AzureBackend.capabilities(of: .emulator)
    }

    package var settingsShape: Shape { .object(LocalSettings.shape) }

    package func problem(in settings: Value, kind: EndpointKind) -> SettingsProblem? {
        do throws(SettingsProblem) {
            _ = try LocalSettings(settings)
            return nil
        } catch {
            return error
        }
    }

    /// The profiles and incidents for a simulation of the run.
    ///
    /// The key `replaces_code` is removed, since simulated deployments have no code that a profile could replace.
    package func simulation(of settings: Value) -> Value {
        guard let profiles = settings["simulate"] else { return .null }
        var shared = ["simulate": profiles]
        if case .mapping(let profiles) = profiles {
            shared["simulate"] = .mapping(
                profiles.mapValues { profile in
                    guard case .mapping(var members) = profile else { return profile }
                    members[InstanceChoice.replacesCode] = nil
                    return .mapping(members)
                })
        }
        shared[Incident.key] = settings[Incident.key]
        return .mapping(shared)
    }

    package func read(_ deployment: inout DeploymentDraft) {
        let context = deployment.context
        let settings: LocalSettings?
        do throws(SettingsProblem) {
            settings = try LocalSettings(context.settings)
        } catch {
            settings = nil  // reported with the settings
        }
        // Another backend that leaves its servers to this one has its assets elsewhere.
        let assets = context.capabilities.runsServers ? settings.map { NamedAssets(of: deployment, $0) } : nil
        deployment.settleServer(settings, assets)
        if context.capabilities.runsServers { deployment.checkServer(onBackend: name) }
        guard deployment.definition.serving == nil else { return }
        if let assets { deployment.resolve(assets) }
        if let settings { deployment.checkPython(settings.python?.relative(to: context.folder), on: machine) }
    }

    package func findings(in playbook: PlaybookDraft) -> [Finding] {
        playbook.context.capabilities.runsServers ? playbook.unknownServers : []
    }

    package func clients(of run: RunID, in state: String) throws -> ClientCounts? {
        try ClientsFile(run, in: LocalFolder(state: state)).read().map(ClientCounts.init)
    }

    package func diagnose(_ visit: DoctorVisit) async -> [Diagnosis] {
        let folder = LocalFolder(state: visit.state)
        return await LocalDoctor(folder: folder, now: SystemClock().now()).look()
            + EnvironmentsDoctor(folder: folder, cleans: visit.cleans).look()
    }

    package func connect(_ opening: BackendOpening) async throws -> any BackendSession {
        try await LocalSession(
            opening,
            launch: EmulatorLaunch(
                folder: LocalFolder(state: opening.state), state: opening.state, words: serve))
    }
}
