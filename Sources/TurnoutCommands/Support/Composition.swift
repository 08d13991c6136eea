internal import AzureEndpoints
internal import FoundationEssentials
internal import KubernetesEndpoints
internal import LocalEndpoints
internal import Logging
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import SQLiteJournal
internal import SimulatedEndpoints
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The dependencies of a command: the backends, the journal, the workspace, the caller and the streams.
///
/// Only this type names the backends and the kind of journal. Commands take everything that belongs to the process from
/// ``current``, so that tests can replace it.
struct Composition: Sendable {
    @TaskLocal static var current = ofThisProcess

    /// The command line that starts the emulator of `local` in the background.
    static let serve = ["turnout", "serve", "--detached"]

    /// The available backends; the first is the default.
    var backends: BackendCatalog
    /// Opens the journal in a state folder; an empty one if there is none and `readOnly` is true.
    var openJournal: @Sendable (_ state: String, _ readOnly: Bool) throws(JournalError) -> any Journal
    var workspace: Workspace
    var caller: Caller
    var environment: [String: String]
    var standardOutput: StandardOutput
    var standardError: @Sendable (String) -> Void
    /// Returns the present capabilities of standard output (1) or standard error (2).
    var terminal: @Sendable (_ descriptor: Int32) -> Terminal
    /// Whether a person can be asked on standard input.
    var isAttended: @Sendable () -> Bool
    /// The signals that end the work on a run, which stays resumable.
    var signals: [Signals.Kind]

    private static let ofThisProcess: Composition = {
        let local = LocalPlugin(serve: serve)
        let environment = ProcessInfo.processInfo.environment
        return Composition(
            backends: BackendCatalog([local, SimulatedPlugin(), KubernetesPlugin(), AzurePlugin(emulator: local)]),
            openJournal: openSQLite, workspace: Workspace(environment: environment), caller: .ofThisProcess,
            environment: environment, standardOutput: StandardOutput(descriptor: STDOUT_FILENO),
            standardError: { writeAll($0, to: STDERR_FILENO) }, terminal: { Terminal(descriptor: $0) },
            isAttended: { isatty(STDIN_FILENO) == 1 }, signals: [.interrupt, .terminate])
    }()

    @Sendable private static func openSQLite(in state: String, readOnly: Bool) throws(JournalError) -> any Journal {
        guard readOnly, !FileManager.default.fileExists(atPath: state + "/turnout.sqlite") else {
            return try SQLiteJournal(folder: state, readOnly: readOnly)
        }
        return InMemoryJournal()
    }
}

/// How a command uses the journal.
enum JournalUse {
    /// Reads and writes.
    case write
    /// Only reads, but records gates that have timed out (P10), if possible.
    case read
    /// Only reads, so that a preview changes nothing (P16).
    case preview

    var isReadOnly: Bool { self != .write }
}

/// Runs `body` with a service on the current composition, and closes the journal even if `body` throws.
func withService<Result>(
    _ use: JournalUse = .write, as caller: Caller = Composition.current.caller,
    _ body: (RolloutService) async throws -> Result
) async throws -> Result {
    let composition = Composition.current
    let journal = try composition.openJournal(composition.workspace.state, use.isReadOnly)
    let service = composition.service(on: journal, as: caller)
    let result: Result
    do {
        if use != .preview { recordExpiredGates(seenBy: service, use) }
        result = try await body(service)
    } catch {
        do { try journal.close() } catch { Notices.warn("could not close the journal: \(error)") }
        throw error
    }
    try journal.close()
    return result
}

/// Records gates that have timed out; a read-only command reopens the journal for writing.
private func recordExpiredGates(seenBy reader: RolloutService, _ use: JournalUse) {
    do {
        let runs = try reader.runsWithExpiredGates()
        guard !runs.isEmpty else { return }
        guard use == .read else {
            for run in runs { try reader.expireGate(of: run) }
            return
        }
        let journal = try Composition.current.openJournal(reader.workspace.state, false)
        let service = Composition.current.service(on: journal, as: reader.caller)
        do { for run in runs { try service.expireGate(of: run) } } catch {
            try journal.close()
            throw error
        }
        try journal.close()
    } catch {
        // The command computes the timeout itself, and reports the error if it also affects reading.
        Logger(label: "turnout.overdue").notice("could not record an overdue gate", metadata: ["error": "\(error)"])
    }
}

extension Composition {
    fileprivate func service(on journal: any Journal, as caller: Caller) -> RolloutService {
        RolloutService(
            journal: journal, backends: backends, workspace: workspace, caller: caller, notify: Notices.tell)
    }
}

extension Workspace {
    /// The workspace of the current composition.
    static var current: Workspace { Composition.current.workspace }

    /// Returns the workspace in `TURNOUT_HOME`.
    ///
    /// Default: the working folder.
    ///
    /// `TURNOUT_STATE` overrides the state folder. Default: `state` in the workspace. Stock playbooks are in
    /// `../share/turnout/Playbooks`, relative to the folder of `program`, as in a release archive.
    init(
        environment: [String: String], workingFolder: String = FileManager.default.currentDirectoryPath,
        program: String = Program.path
    ) {
        let home = Self.folder("TURNOUT_HOME", in: environment) ?? workingFolder
        let state = Self.folder("TURNOUT_STATE", in: environment) ?? (home == "/" ? "" : home) + "/state"
        let stock = program.parentFolder.parentFolder + "/share/turnout/Playbooks"
        self.init(
            home: home, state: state.hasPrefix("/") ? state : workingFolder + "/" + state,
            stock: FileManager.default.fileExists(atPath: stock) ? stock : nil)
    }

    private static func folder(_ name: String, in environment: [String: String]) -> String? {
        guard var path = environment[name], !path.isEmpty else { return nil }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
