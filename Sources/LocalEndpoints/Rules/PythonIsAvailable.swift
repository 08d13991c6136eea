internal import AssetFiles
internal import PlaybookSyntax
internal import Rollouts
internal import Support

/// The environment that a conda file describes can be built on this machine.
///
/// The file's version of Python, or a program that provides it, must be installed. Packages that only conda has require
/// one of conda's programs. Files that pip reads must exist. Registered environments are not checked.
private enum PythonIsAvailable {
    static let name = String(describing: Self.self)
}

extension DeploymentDraft {
    /// Records the playbook's choice of Python in the definition, and reports what is missing on this machine.
    mutating func checkPython(_ choice: PythonChoice?, on machine: PythonMachine) {
        definition.python = choice?.value
        let choice = choice ?? PythonChoice()
        let conda = conda
        checkScript(conda.map { $0.file?.value ?? .null }, choice, on: machine)
        guard let conda else { return }
        let check = CondaFile.Check(conda.file?.value ?? .null, in: conda.folder, choice, on: machine)
        func place(of problem: CondaFile.Problem) -> Location {
            let file = conda.file ?? document
            return problem.entry.flatMap { file.place(ofText: $0) } ?? file.head
        }
        for problem in check.problems {
            report(
                PythonIsAvailable.name, at: place(of: problem), "the conda file \(problem.message)", help: problem.help)
        }
        for note in check.notes {
            report(PythonIsAvailable.name, .warning, at: place(of: note), note.message, help: note.help)
        }
    }

    private typealias Conda = (file: PlacedValue?, folder: String?)

    /// The conda file of a deployment that Python serves, with `file` `nil` if it has none; `nil` if its contents are
    /// unknown on this machine, or if Python does not serve the deployment.
    private var conda: Conda? {
        let environment = definition.document["environment"]
        guard environment?.string == nil else { return nil }
        let named = environment?["conda_file"].flatMap { $0 == .null ? nil : $0 }
        switch (definition.ownServer, named) {
        case (.script?, nil): return (nil, nil)
        case (.script?, let named?), (.mlflowModel?, let named?): return conda(named)
        case (.mlflowModel(let model)?, nil):
            return model.isLocalPath ? conda(.string(model + "/" + MLflowModel.condaFile)) : nil
        default: return nil
        }
    }

    private func conda(_ named: Value) -> Conda? {
        switch named {
        case .mapping: document["environment"]?["conda_file"].map { ($0, nil) }
        case .string(let path):
            yaml(at: path).flatMap { file in folder.map { (file, DiskPath.joined($0, path).parentFolder) } }
        default: nil
        }
    }
}
