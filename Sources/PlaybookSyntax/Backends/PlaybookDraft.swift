internal import AssetFiles
package import RolloutEngine
package import Rollouts

/// The information about a playbook that a backend has while the playbook is read.
package struct PlaybookContext: Sendable {
    /// The backend that reads and checks deployments, which may not be the plan's (``BackendPlugin/servers``).
    let plugin: any BackendPlugin
    /// The capabilities of the plan's backend.
    package let capabilities: Capabilities
    /// The playbook's `backends.NAME` as written; `nil` if it is absent.
    package let written: PlacedValue?
    /// The effective settings of the plan; `null` if there are none.
    package let settings: Value
    /// The absolute path of the playbook's folder.
    package let folder: String
    /// The path of the state folder; empty if it must not be read.
    package let state: String
}

/// A deployment whose file has been read, for the backend to complete and check.
package struct DeploymentDraft: Sendable {
    package var definition: DeploymentDefinition
    /// Where the playbook names the deployment's server, for findings about it.
    package var server: Location?
    package let context: PlaybookContext
    /// The deployment's file, with the playbook's overrides applied.
    package let document: PlacedValue
    /// The place of the deployment's name.
    package let name: Location
    /// The folder that paths in the file are relative to, without symbolic links; `nil` if the files are not on disk.
    package let folder: String?
    /// The path of the file as written in the playbook.
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

    /// Returns the path, without symbolic links, of a file or folder that the deployment's file names; `nil` if the files
    /// are not on disk.
    ///
    /// - Throws: ``FileProblem`` if it does not exist or must not be used.
    package func place(of named: String) throws(FileProblem) -> String? {
        try files.place(of: named.beside(path), namedBy: document.playbook.path, isFree: true)
    }

    /// Reads a YAML file that the deployment's file names, as Azure's client does; `nil` if it cannot be read.
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

/// A playbook whose stages have been read, for the backend to check.
package struct PlaybookDraft: Sendable {
    package let context: PlaybookContext
    /// The stages as written, without skipped ones.
    package let stages: [PlacedValue]
    /// The deployments that stages create and, if the playbook uses roles, those that have one now: which of them is
    /// deployed depends on the live one.
    package let deployments: [Name]
    /// False if a stage could not be read; it may create other deployments.
    package let isComplete: Bool
}
