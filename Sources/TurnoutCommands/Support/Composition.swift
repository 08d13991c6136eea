internal import AzureEndpoints
internal import FoundationEssentials
internal import KubernetesEndpoints
internal import LocalEndpoints
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import SQLiteJournal
internal import SimulatedEndpoints

/// What this program is composed of: its backends, its journal, and the folders that it works in.
///
/// Nothing else names a backend or the kind of the journal.
enum Composition {
    /// How the emulator of `local` is started in the background.
    static let serve = ["turnout", "serve", "--detached"]

    /// The default first.
    static let backends: BackendCatalog = {
        let local = LocalPlugin(serve: serve)
        return BackendCatalog([local, SimulatedPlugin(), KubernetesPlugin(), AzurePlugin(emulator: local)])
    }()

    /// The journal of the folder of state; an empty one where there is none and nothing is to be written.
    static func openJournal(in state: String, readOnly: Bool) throws(JournalError) -> any Journal {
        guard readOnly, !FileManager.default.fileExists(atPath: state + "/turnout.sqlite") else {
            return try SQLiteJournal(folder: state, readOnly: readOnly)
        }
        return InMemoryJournal()
    }
}

/// Works with a service on this process's workspace, and closes its journal whatever comes of that.
func withService<Result>(
    readOnly: Bool = false, as caller: Caller = .ofThisProcess,
    _ body: (RolloutService) async throws -> Result
) async throws -> Result {
    let workspace = Workspace.current
    let journal = try Composition.openJournal(in: workspace.state, readOnly: readOnly)
    let service = RolloutService(
        journal: journal, backends: Composition.backends, workspace: workspace, caller: caller,
        notify: Notices.tell)
    let result: Result
    do {
        result = try await body(service)
    } catch {
        do { try journal.close() } catch { Notices.warn("the journal was not closed: \(error)") }
        throw error
    }
    try journal.close()
    return result
}

extension Workspace {
    /// The workspace that this process's environment names: `TURNOUT_HOME`, or the working folder.
    ///
    /// `TURNOUT_STATE` names the state folder by itself.
    static var current: Workspace { Workspace(environment: ProcessInfo.processInfo.environment) }

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
