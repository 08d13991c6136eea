/// The folders of a team's rollouts.
package struct Workspace: Hashable, Sendable {
    /// The folder with `Playbooks/`, without a trailing slash.
    package var home: String
    /// The journal, the endpoints of `local` and `simulated`, and what belongs to them; absolute.
    package var state: String

    package init(home: String, state: String) {
        self.home = home
        self.state = state
    }

    package var playbooks: String { home + "/Playbooks" }
}
