/// The folders that hold a team's playbooks and state.
package struct Workspace: Hashable, Sendable {
    /// The folder with `Playbooks/`, without a trailing slash.
    package var home: String
    /// The absolute path of the state folder: the journal and the endpoints of `local` and `simulated`.
    package var state: String
    /// The playbooks that were installed with the program, used where `Playbooks/` has none of that name; nil if there
    /// are none.
    package var stock: String?

    package init(home: String, state: String, stock: String? = nil) {
        self.home = home
        self.state = state
        self.stock = stock
    }

    package var playbooks: String { home + "/Playbooks" }
}
