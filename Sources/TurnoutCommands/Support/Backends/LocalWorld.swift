internal import AzureEndpoints
internal import FoundationEssentials
internal import LocalEndpoints
internal import Logging
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts
internal import SimulatedEndpoints
internal import Synchronization

/// The backend `local`, the default: managed online endpoints emulated on this machine, over HTTP.
///
/// It speaks to its emulator as to the cloud; see ``EmulatorLife`` for who starts that.
final class LocalWorld: KnownBackend {
    static let name = "local"

    let backend: any Backend
    let clock: any RunClock = SystemClock()
    private let azure: AzureBackend
    private let life: EmulatorLife
    private let workspace: Workspace
    private let folder: LocalFolder
    private let companions = Mutex<RunClients?>(nil)

    /// Changes take as long as servers need to start, not the cloud's minutes.
    static let pollInterval = Interval.milliseconds(500)
    var pollInterval: Interval? { Self.pollInterval }

    static func capabilities(of kind: EndpointKind, settings: Value) -> Capabilities {
        AzureBackend.capabilities(of: .emulator)
    }

    static func problem(in settings: Value, kind: EndpointKind) -> SettingsFault? {
        do throws(SettingsProblem) {
            _ = try LocalSettings(settings)
            return nil
        } catch {
            return SettingsFault(error)
        }
    }

    static func serving(_ deployment: Name, bringing own: OwnServer?, settings: Value) -> Value? {
        do throws(SettingsProblem) {
            return try LocalSettings(settings).serving(deployment, bringing: own)
        } catch {
            return nil  // reported with the settings
        }
    }

    static let takesFiles = true

    static func open(_ opening: BackendOpening) async throws -> any OpenBackend { try await LocalWorld(opening) }

    /// - Throws: ``CommandFailure`` where the playbook's settings are wrong or the emulator cannot be had.
    private init(_ opening: BackendOpening) async throws {
        workspace = opening.workspace
        folder = LocalFolder(state: workspace.absoluteState)
        let folder = folder
        life = EmulatorLife(in: workspace, for: opening.use)
        let life = life
        do {
            let record = try await life.find()
            if opening.use == .work { Self.compare(record.path, for: opening.plan) }
        } catch {
            await life.leave()
            throw error
        }
        let client = AzureClient(
            workspace: .local, transport: try NetworkTransport(trusting: .authority(path: folder.certificate))
        ) {
            guard let record = try life.present() else {
                throw BackendError(.unavailable, "the local endpoints are not served")
            }
            return AzureConnection(origin: record.control) {
                try String(contentsOfFile: folder.token, encoding: .utf8).filter { !$0.isWhitespace }
            }
        }
        let tolerance = opening.plan?.numericTolerance
        let properties = tolerance.map { [TurnoutProperty.numericTolerance: "\($0)"] } ?? [:]
        azure = AzureBackend(
            client, flavour: .emulator, properties: properties, yaml: pythonYAMLValue(of:))
        backend = RestartShield(azure, waitsForServers: opening.use == .work && opening.plan != nil) {
            try life.present()
        }
    }

    /// Warns where servers that `plan` starts find other programs than this shell does.
    private static func compare(_ path: String?, for plan: Plan?) {
        let startsPrograms = plan?.stages.contains { stage in
            guard let definition = stage.action.deployment else { return false }
            return definition.serving.map { $0["command"] != nil } ?? (definition.ownServer != nil)
        }
        let own = ProcessInfo.processInfo.environment["PATH"]
        guard startsPrograms == true, let path, let own, path != own else { return }
        Notices.warn(
            "the local endpoints were started with another PATH than this shell's, and their servers find programs there; "
                + "if one is missed, `turnout serve --stop`: the next command starts them with this PATH")
    }

    var caveat: String? {
        guard !life.isServed else { return nil }
        return "the local endpoints are not served now: this is what is kept of them; `turnout serve` serves them, and "
            + "so does the next run"
    }

    var afterwards: String? {
        get throws {
            guard let record = try life.present(), let idle = record.idle,
                try !EmulatorUser.all(in: folder).contains(where: \.keeps)
            else { return nil }
            return "the endpoint keeps answering until it has been unused for \(idle.short); "
                + "`turnout serve` keeps it for good"
        }
    }

    var clients: ClientsReport? { companions.withLock { $0 }?.report }

    func begin(_ plan: Plan, _ stages: [StageRecord]) {
        guard let load = plan.load, stages.contains(where: { $0.action.touchesEndpoint }) else { return }
        companions.withLock { $0 = RunClients(load, endpoint: plan.endpoint, on: self) }
    }

    /// Sends the playbook's load, and starts another emulator when there is none any more.
    func accompany(_ run: RunID, tell: @escaping @Sendable (WorldNews) -> Void) async {
        do { try await life.rename("run \(run)") } catch {
            tell(.note("`turnout doctor` cannot say that \(run) uses the emulator: \(error)"))
        }
        let file = ClientsFile(run, in: workspace)
        let clients = companions.withLock { $0 }
        await withTaskGroup { group in
            group.addTask { await self.life.watch(tell: tell) }
            group.addTask {
                var earlier: LoadReport?
                do { earlier = try file.read() } catch {
                    tell(.note("what clients met before is not known, and not counted: \(error)"))
                }
                await clients?.send(after: earlier, tell: tell) { report in
                    do { try file.write(report) } catch { tell(.note("what clients meet is not kept: \(error)")) }
                }
            }
            await group.waitForAll()
        }
    }

    func close() async {
        await azure.close()
        await life.leave()
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
}

extension Plan {
    /// How far apart numbers of mirrored answers may be; the least where stages differ, nil where none compares answers.
    var numericTolerance: Double? {
        stages.compactMap(\.analysis).flatMap(\.metrics).compactMap { metric -> Double? in
            if case .disagreement(let limits) = metric { limits.numericTolerance } else { nil }
        }.min()
    }
}

extension ClientKeys {
    init(_ keys: AzureEndpoints.EndpointKeys, of endpoint: Name) throws(CommandFailure) {
        guard let primary = keys.primaryKey, let secondary = keys.secondaryKey else {
            throw CommandFailure(.failed, "endpoint \(endpoint) has no keys: its auth mode is another")
        }
        self.init(primary: primary, secondary: secondary)
    }
}

extension ClientKeys.Which {
    var wire: RegenerateKeysRequest.KeyType {
        switch self {
        case .primary: .primary
        case .secondary: .secondary
        }
    }
}

extension HistoryLine {
    /// Who asked is not known of requests that are not Turnout's, as those of Azure's SDK.
    init(_ item: HistoryItem) {
        let (outcome, reason): (Outcome, String?) =
            switch item.outcome {
            case .accepted: (.accepted, nil)
            case .repeated: (.repeated, nil)
            case .refused(let reason): (.refused, reason)
            case .busy(let reason): (.busy, reason)
            case .fenced(let reason): (.fenced, reason)
            }
        self.init(
            number: item.number, at: JSONTime(item.at), run: item.context.map { "\($0.run)" } ?? "–",
            stage: item.context?.stage ?? "–", attempt: item.context?.attempt ?? 0,
            key: item.context?.idempotencyKey ?? "", epoch: item.context?.epoch ?? 0, change: item.change.description,
            outcome: outcome, reason: reason, hadEffect: item.hadEffect)
    }
}
