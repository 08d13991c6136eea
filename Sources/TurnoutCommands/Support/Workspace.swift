internal import FoundationEssentials

/// The folder with `Playbooks/` and `state/`: `TURNOUT_HOME`, or the working folder.
///
/// `TURNOUT_STATE` names the state folder by itself.
struct Workspace: Sendable {
    /// Without a trailing slash.
    var home: String
    /// The journal, the endpoints of `local` and `simulated`, and what belongs to them.
    var state: String

    init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        workingFolder: String = FileManager.default.currentDirectoryPath
    ) {
        home = Self.folder("TURNOUT_HOME", in: environment) ?? workingFolder
        state = Self.folder("TURNOUT_STATE", in: environment) ?? (home == "/" ? "" : home) + "/state"
    }

    /// The state folder for processes that work elsewhere.
    var absoluteState: String {
        state.hasPrefix("/") ? state : FileManager.default.currentDirectoryPath + "/" + state
    }

    var playbooks: String { home + "/Playbooks" }

    private static func folder(_ name: String, in environment: [String: String]) -> String? {
        guard var path = environment[name], !path.isEmpty else { return nil }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
