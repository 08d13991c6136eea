package import Rollouts

/// A playbook on disk.
package struct PlaybookSource: Sendable {
    private let source: SourceFile

    package init(path: String) throws(FileProblem) {
        source = SourceFile(path: path, data: try DiskFile.read(path, named: path))
    }

    /// A summary of the playbook, as far as it can be read.
    package var summary: PlaybookSummary {
        var findings: [Finding] = []
        guard let root = loadYAML(source, findings: &findings) else {
            return PlaybookSummary(name: source.path.fileStem, isReadable: false)
        }
        return PlaybookSummary(
            name: root["name"]?.scalar?.text ?? source.path.fileStem,
            description: root["description"]?.scalar?.value.string,
            inputs: (root["inputs"]?.members ?? []).map { member in
                PlaybookSummary.Input(
                    name: member.key.text, type: member.value["type"]?.scalar?.text ?? "string",
                    default: member.value["default"]?.value,
                    description: member.value["description"]?.scalar?.value.string)
            },
            stages: (root["stages"]?.items ?? []).compactMap { $0["name"]?.scalar?.text },
            backendKinds: Dictionary(
                (root["backends"]?.members ?? []).compactMap { member in
                    (member.value["kind"]?.scalar?.text).map { (member.key.text, $0) }
                }, uniquingKeysWith: { first, _ in first }), isReadable: findings.isEmpty)
    }
}

/// The entry of a playbook in a list.
package struct PlaybookSummary: Hashable, Sendable, Codable {
    package struct Input: Hashable, Sendable, Codable {
        package var name: String
        package var type: String
        /// `nil` if the user must give a value.
        package var `default`: Value?
        package var description: String?
    }

    package var name: String
    package var description: String?
    package var inputs: [Input] = []
    package var stages: [String] = []
    /// The playbook's `kind` setting by backend, which affects what a plan may hold.
    package var backendKinds: [String: String] = [:]
    /// Whether the file is valid YAML; if not, `turnout check` reports the problems.
    package var isReadable: Bool
}
