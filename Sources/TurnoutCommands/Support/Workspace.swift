internal import FoundationEssentials

/// The folder with `Playbooks/` and `state/`: `TURNOUT_HOME`, or the working folder.
struct Workspace {
    /// Without a trailing slash.
    var home: String

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let named = environment["TURNOUT_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        home = named ?? FileManager.default.currentDirectoryPath
    }

    var state: String { home + "/state" }
    var playbooks: String { home + "/Playbooks" }
}
