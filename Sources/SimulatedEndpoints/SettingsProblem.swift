/// What is wrong with the settings of a backend, and where.
package struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Keys from ``root`` on: `simulate.green.latency.p50`; empty for the mapping itself.
    package var path: String
    /// What is wrong and what would be right.
    package var message: String
    /// Where in the playbook the settings stand.
    package var root: String

    package static let simulated = "backends.simulated"

    package init(path: String, message: String, root: String = Self.simulated) {
        self.path = path
        self.message = message
        self.root = root
    }

    package var description: String { "\(root)\(path.isEmpty ? "" : ".")\(path): \(message)" }
}
