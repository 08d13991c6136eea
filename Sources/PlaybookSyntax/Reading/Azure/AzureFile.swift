internal import FoundationEssentials
internal import RolloutEngine
package import Rollouts

/// An endpoint or deployment file on the disk by itself, as a playbook's stage would read it.
package struct AzureFile: Sendable {
    package enum Definition: Sendable {
        case endpoint(EndpointDefinition)
        case deployment(DeploymentDefinition)
    }

    /// Nil where the file cannot be read as one.
    package var definition: Definition?
    package var findings: [Finding]

    /// Reads an endpoint file.
    package init(endpointAt path: String) {
        var files = Self.files()
        let placed = files.endpoint(at: Self.node(path), FileOverrides(), kind: .managed)
        definition = placed.map { .endpoint($0.definition) }
        findings = files.findings.inOrder(of: [path])
    }

    /// Reads a deployment file, and looks for the files that it names.
    package init(deploymentAt path: String) {
        var files = Self.files()
        let placed = files.deployment(at: Self.node(path), FileOverrides(), kind: .managed)
        definition = placed.map { .deployment($0.definition) }
        findings = files.findings.inOrder(of: [path])
    }

    /// The files of a playbook that says nothing.
    private static func files() -> NamedFiles {
        var files = NamedFiles(
            playbook: SourceFile(path: "playbook", data: .init()), data: .init(),
            source: .disk(allowOutsidePaths: true))
        files.looksAround = true
        return files
    }

    private static func node(_ path: String) -> Node {
        Node(content: .scalar(Scalar(text: path, style: .plain, value: .string(path))), span: .beginning)
    }
}
