/// The folders that hold a team's playbooks and state.
package struct Workspace: Hashable, Sendable {
    /// The folder with `Playbooks/`, without a trailing slash.
    package var home: String
    /// The absolute path of the state folder: the journal and the endpoints of `local` and `simulated`.
    package var state: String

    package init(home: String, state: String) {
        self.home = home
        self.state = state
    }

    package var playbooks: String { home + "/Playbooks" }
}
