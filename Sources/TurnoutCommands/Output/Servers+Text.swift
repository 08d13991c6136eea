internal import RolloutService
internal import Support

extension Servers {
    /// Returns a heading and a line for each deployment; empty if no server is known.
    func lines(columns: Int, heading: String = "Servers:") -> [String] {
        guard !isEmpty else { return [] }
        return [heading]
            + all.flatMap { $0.text.printable.hanging(behind: "  \($0.deployment): ", width: columns) }
    }
}
