internal import AzureEndpoints
internal import FoundationEssentials
internal import Logging
internal import HTTPTransport
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts
internal import SimulatedEndpoints
internal import Synchronization

/// A session with the endpoints of this machine, over HTTP.
///
/// It uses the emulator like the cloud; ``EmulatorSupervisor`` starts the emulator if necessary.
final class LocalSession: AzureBackedSession, RunCompanion {
    let backend: any Backend
    let clock: any RunClock = SystemClock()
    let azure: AzureBackend
    private let life: EmulatorSupervisor
    private let folder: LocalFolder
    private let companions = Mutex<RunClients?>(nil)

    var pollInterval: Interval? { AzureBackend.pollIntervalOfEmulators }

    /// - Throws: ``EmulatorError`` or ``BackendError`` if the emulator is not available.
    init(_ opening: BackendOpening, launch: EmulatorLaunch) async throws {
        folder = launch.folder
        let folder = folder
        life = EmulatorSupervisor(launch, for: opening.use, notify: opening.notify)
        let life = life
        do {
            let record = try await life.find()
            if opening.use == .work { Self.compare(record.path, for: opening.plan, notify: opening.notify) }
        } catch {
            await life.leave()
            throw error
        }
        let client = AzureClient(
            workspace: .local, transport: try NetworkTransport.trusting(.file(folder.certificate))
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
        azure = AzureBackend(client, flavour: .emulator, properties: properties, yaml: pythonYAMLValue(of:))
        backend = RestartShield(azure, waitsForServers: opening.use == .work && opening.plan != nil) {
            try life.present()
        }
    }

    /// Warns if the emulator's `PATH` differs from this shell's and `plan` starts servers that depend on it.
    private static func compare(_ path: String?, for plan: Plan?, notify: (String) -> Void) {
        let startsPrograms = plan?.stages.contains { stage in
            guard let definition = stage.action.deployment else { return false }
            return definition.serving.map { $0["command"] != nil } ?? (definition.ownServer != nil)
        }
        let own = ProcessInfo.processInfo.environment["PATH"]
        guard startsPrograms == true, let path, let own, path != own else { return }
        notify(
            "the local endpoints were started with a different PATH than this shell's, and their servers look up "
                + "programs in it; if one is missing, run `turnout serve --stop`: the next command starts them with "
                + "this PATH")
    }

    var caveat: String? {
        guard !life.isServed else { return nil }
        return "the local endpoints are not served now: this is their saved state; `turnout serve` or the next run "
            + "serves them"
    }

    var afterwards: String? {
        get throws {
            guard let record = try life.present(), let idle = record.idle,
                try !EmulatorUser.all(in: folder).contains(where: \.keeps)
            else { return nil }
            return "the endpoint keeps answering until it has been unused for \(idle.short); "
                + "`turnout serve` keeps it running"
        }
    }

    var clients: ClientCounts? { companions.withLock { $0 }?.report }

    func begin(_ plan: Plan, _ stages: [StageRecord]) {
        guard let load = plan.load, stages.contains(where: { $0.action.touchesEndpoint }) else { return }
        companions.withLock { $0 = RunClients(load, endpoint: plan.endpoint, on: self) }
    }

    /// Sends the playbook's load, and starts a new emulator if the present one ends.
    func accompany(_ run: RunID, tell: @escaping @Sendable (BackendNotice) -> Void) async {
        do { try await life.rename("run \(run)") } catch {
            tell(.note("`turnout doctor` will not show that \(run) uses the emulator: \(error)"))
        }
        let file = ClientsFile(run, in: folder)
        let clients = companions.withLock { $0 }
        await withTaskGroup { group in
            group.addTask { await self.life.watch(tell: tell) }
            group.addTask {
                var earlier: LoadReport?
                do { earlier = try file.read() } catch {
                    tell(.note("the clients' earlier results cannot be read and are not counted: \(error)"))
                }
                await clients?.send(after: earlier, tell: tell) { report in
                    do { try file.write(report) } catch { tell(.note("the clients' results are not saved: \(error)")) }
                }
            }
            await group.waitForAll()
        }
    }

    func close() async {
        await azure.close()
        await life.leave()
    }
}

extension Plan {
    /// The tolerance for numbers in mirrored answers: the smallest of all stages; nil if no stage compares answers.
    var numericTolerance: Double? {
        stages.compactMap(\.analysis).flatMap(\.metrics).compactMap { metric -> Double? in
            if case .disagreement(let limits) = metric { limits.numericTolerance } else { nil }
        }.min()
    }
}
