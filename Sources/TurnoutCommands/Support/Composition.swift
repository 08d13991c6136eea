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

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What a command is composed of: the backends, the journal, the folders that it works in, and who it speaks to.
///
/// Nothing else names a backend or the kind of the journal. Commands take from ``current`` what belongs to the process,
/// so that a test can give them a composition of its own.
struct Composition: Sendable {
    @TaskLocal static var current = ofThisProcess

    /// How the emulator of `local` is started in the background.
    static let serve = ["turnout", "serve", "--detached"]

    /// The default first.
    var backends: BackendCatalog
    /// Opens the journal of a folder of state, or an empty one where there is none and nothing is to be written.
    var openJournal: @Sendable (_ state: String, _ readOnly: Bool) throws(JournalError) -> any Journal
    var workspace: Workspace
    var caller: Caller
    var environment: [String: String]
    var standardOutput: StandardOutput
    var standardError: @Sendable (String) -> Void
    /// What standard output (1) or standard error (2) can show at this moment.
    var terminal: @Sendable (_ descriptor: Int32) -> Terminal
    /// Whether a person can be asked on standard input.
    var isAttended: @Sendable () -> Bool
    /// Those that end the work on a run, which stays resumable.
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

/// What a command may do to the journal that it opens.
enum JournalUse {
    case write
    /// Only what is overdue and safe to carry out is written (P10), where that is possible.
    case read
    /// Nothing is written: what it shows is to change nothing (P16).
    case preview

    var isReadOnly: Bool { self != .write }
}

/// Works with a service on the current composition, and closes its journal whatever comes of that.
func withService<Result>(
    _ use: JournalUse = .write, as caller: Caller = Composition.current.caller,
    _ body: (RolloutService) async throws -> Result
) async throws -> Result {
    let composition = Composition.current
    let journal = try composition.openJournal(composition.workspace.state, use.isReadOnly)
    let service = composition.service(on: journal, as: caller)
    let result: Result
    do {
        if use != .preview { carryOutOverdue(seenBy: service, use) }
        result = try await body(service)
    } catch {
        do { try journal.close() } catch { Notices.warn("the journal was not closed: \(error)") }
        throw error
    }
    try journal.close()
    return result
}

/// Writes down which gates have expired; a command that only looks opens the journal for that once more.
private func carryOutOverdue(seenBy reader: RolloutService, _ use: JournalUse) {
    do {
        let runs = try reader.overdueRuns()
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
        // What the command itself reads says the same of the gate, and meets the same trouble where that is in its way.
        Logger(label: "turnout.overdue").notice("not written down", metadata: ["error": "\(error)"])
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

    /// The workspace that an environment names: `TURNOUT_HOME`, or the working folder.
    ///
    /// `TURNOUT_STATE` names the state folder by itself.
    init(
        environment: [String: String], workingFolder: String = FileManager.default.currentDirectoryPath
    ) {
        let home = Self.folder("TURNOUT_HOME", in: environment) ?? workingFolder
        let state = Self.folder("TURNOUT_STATE", in: environment) ?? (home == "/" ? "" : home) + "/state"
        self.init(home: home, state: state.hasPrefix("/") ? state : workingFolder + "/" + state)
    }

    private static func folder(_ name: String, in environment: [String: String]) -> String? {
        guard var path = environment[name], !path.isEmpty else { return nil }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
