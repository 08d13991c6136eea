internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutService
internal import Support

/// `turnout playbooks`: lists the playbooks that can be run by name.
struct PlaybooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playbooks",
        abstract: "List the playbooks in Playbooks/.",
        discussion: """
            Prints each playbook's name, description and stages. A playbook that cannot be read is listed as broken; \
            `turnout check NAME` reports what is wrong with it.

            EXAMPLES:
              turnout playbooks
              turnout playbooks --json
            """)

    @OptionGroup var output: OutputOptions

    func run() throws {
        let entries = try PlaybookFolder(.current).all().map(Entry.init)
        try output.show(entries) { Self.text(entries, terminal: $0) }
    }

    /// A playbook in the list.
    struct Entry: Encodable, Hashable {
        /// The name to run it by: its file name without the extension.
        var name: String
        var path: String
        var description: String?
        var stages: [String]
        var inputs: [PlaybookSummary.Input]
        /// What is wrong with the file; nil if it can be read.
        var broken: String?

        init(path: String) {
            name = PlaybookFolder.name(of: path)
            self.path = path
            do throws(FileProblem) {
                let summary = try PlaybookSource(path: path).summary
                description = summary.description
                stages = summary.stages
                inputs = summary.inputs
                broken = summary.isReadable ? nil : "it is not valid YAML"
            } catch {
                stages = []
                inputs = []
                broken = error.message
            }
        }
    }

    static func text(_ entries: [Entry], terminal: Terminal) -> String {
        guard !entries.isEmpty else { return "There are no playbooks in Playbooks/ yet." }
        let style = terminal.style
        return entries.map { entry in
            var lines = [style.bold(entry.name.printable)]
            if let broken = entry.broken {
                lines[0] += "  " + style("broken", .red)
                lines += "\(broken); see turnout check \(entry.name)".hanging(behind: "  ", width: terminal.columns)
            }
            if let description = entry.description {
                lines += description.hanging(behind: "  ", width: terminal.columns)
            }
            if !entry.stages.isEmpty {
                let stages = entry.stages.joined(separator: " → ").hanging(behind: "  ", width: terminal.columns)
                lines += stages.map(style.dim)
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}
