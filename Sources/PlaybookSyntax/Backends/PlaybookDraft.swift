internal import AssetFiles
package import RolloutEngine
package import Rollouts

/// What a backend knows of a playbook while it is read.
package struct PlaybookContext: Sendable {
    /// The backend that answers; another's settings may say what serves deployments (``BackendPlugin/servers``).
    let plugin: any BackendPlugin
    /// What the backend that the plan is for can do.
    package let capabilities: Capabilities
    /// What the playbook says under `backends.NAME`, as it is written; nil where it says nothing.
    package let written: PlacedValue?
    /// The settings as they count for the plan; `null` where there are none.
    package let settings: Value
    /// The playbook's folder, absolute.
    package let folder: String
    /// The folder of state; empty where none is to be looked at.
    package let state: String
}

/// A deployment whose file has been read, for its backend to complete and to check.
package struct DeploymentDraft: Sendable {
    package var definition: DeploymentDefinition
    /// Where the playbook says what serves the deployment, for findings about that.
    package var server: Location?
    package let context: PlaybookContext
    /// The deployment's file, with what the playbook sets in it.
    package let document: PlacedValue
    /// Where the deployment's name is written.
    package let name: Location
    /// The folder that paths of the file are relative to, without symbolic links; nil where the files are on no disk.
    package let folder: String?
    /// The file, as the playbook names it.
    let path: String
    let files: FileSource
    private(set) var findings: [Finding] = []

    init(
        _ definition: DeploymentDefinition, context: PlaybookContext, document: PlacedValue, name: Location,
        folder: String? = nil, path: String = "", files: FileSource = .stored([:])
    ) {
        self.definition = definition
        self.context = context
        self.document = document
        self.name = name
        self.folder = folder
        self.path = path
        self.files = files
    }

    package mutating func report(
        _ rule: String, _ severity: Finding.Severity = .error, at place: Location, _ message: String,
        help: String? = nil
    ) {
        findings.append(Finding(severity, rule, at: place, message, help: help))
    }

    /// Where a file or folder that the deployment's file names is, without symbolic links; nil where the files are on no
    /// disk.
    package func place(of named: String) throws(FileProblem) -> String? {
        try files.place(of: named.beside(path), namedBy: document.playbook.path, isFree: true)
    }

    /// A YAML file that the deployment's file names, as Azure's client reads it; nil where it cannot be read.
    package func yaml(at named: String) -> PlacedValue? {
        guard let folder else { return nil }
        var ignored: [Finding] = []
        do throws(FileProblem) {
            let source = SourceFile(
                path: named.beside(document.source.path),
                data: try DiskFile.read(DiskPath.joined(folder, named), named: named))
            return loadYAML(source, as: .azure, findings: &ignored).map {
                PlacedValue(node: $0, source: source, playbook: document.playbook)
            }
        } catch {
            return nil  // reported by FilesAreThere
        }
    }
}

/// A playbook whose stages have been read, for its backend to check.
package struct PlaybookDraft: Sendable {
    package let context: PlaybookContext
    /// The stages as they are written, without those that are skipped.
    package let stages: [PlacedValue]
    /// The deployments that stages make and, where the playbook uses roles, those that have one now: which of them is
    /// deployed depends on what is live.
    package let deployments: [Name]
    /// False where a stage could not be read, which may make other deployments.
    package let isComplete: Bool
}
