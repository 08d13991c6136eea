internal import FoundationEssentials
internal import RolloutEngine
package import Rollouts

/// An endpoint or deployment file on disk, read without a playbook but in the same way.
package struct AzureFile: Sendable {
    package enum Definition: Sendable {
        case endpoint(EndpointDefinition)
        case deployment(DeploymentDefinition)
    }

    /// `nil` if the file is not valid.
    package var definition: Definition?
    package var findings: [Finding]

    /// Reads an endpoint file.
    package init(endpointAt path: String) {
        var files = Self.files()
        let placed = files.endpoint(at: Self.node(path), FileOverrides(), kind: .managed)
        definition = placed.map { .endpoint($0.definition) }
        findings = files.findings.inOrder(of: [path])
    }

    /// Reads a deployment file, and checks that the files that it names exist.
    package init(deploymentAt path: String) {
        var files = Self.files()
        let placed = files.deployment(at: Self.node(path), FileOverrides(), kind: .managed)
        definition = placed.map { .deployment($0.definition) }
        findings = files.findings.inOrder(of: [path])
    }

    /// Returns the files of an empty playbook.
    private static func files() -> NamedFiles {
        var files = NamedFiles(
            playbook: SourceFile(path: "playbook", data: .init()), data: .init(),
            source: .disk(allowOutsidePaths: true))
        files.requiresNamedFiles = true
        return files
    }

    private static func node(_ path: String) -> Node {
        Node(content: .scalar(Scalar(text: path, style: .plain, value: .string(path))), span: .beginning)
    }
}
