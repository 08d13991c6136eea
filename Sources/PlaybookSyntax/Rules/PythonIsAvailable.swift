internal import AssetFiles
internal import RolloutEngine
package import Rollouts
internal import Support

/// Looks at what this machine has for deployments that Python serves, while a plan is made.
package struct PythonLookup: Sendable {
    package struct Problem: Sendable {
        package var severity: Finding.Severity
        package var message: String
        package var help: String?
        /// The entry of the conda file that it is about, as it is written; nil where it is about the whole file.
        package var entry: String?

        package init(_ severity: Finding.Severity, _ message: String, help: String?, entry: String?) {
            self.severity = severity
            self.message = message
            self.help = help
            self.entry = entry
        }
    }

    /// What the playbook says of the Python (``DeploymentDefinition/python``).
    package var choice: Value?
    /// What this machine lacks for a conda file (`null`: none), whose `folder` is nil where it has none of its own.
    package var problems: @Sendable (_ conda: Value, _ folder: String?) -> [Problem]

    /// What a Python of this machine has against the syntax of a script, whose conda file is nil where it is not known.
    package var syntax: @Sendable (_ script: String, _ conda: Value?) -> SyntaxProblem?

    package struct SyntaxProblem: Sendable {
        package var severity: Finding.Severity
        package var line: Int
        package var message: String
        package var help: String?

        package init(severity: Finding.Severity, line: Int, message: String, help: String?) {
            self.severity = severity
            self.line = line
            self.message = message
            self.help = help
        }
    }

    package init(
        choice: Value?, problems: @escaping @Sendable (_ conda: Value, _ folder: String?) -> [Problem],
        syntax: @escaping @Sendable (_ script: String, _ conda: Value?) -> SyntaxProblem? = { _, _ in nil }
    ) {
        self.choice = choice
        self.problems = problems
        self.syntax = syntax
    }
}

/// The environment that a conda file describes can be built, where the backend runs scoring scripts on this machine.
///
/// There must be a Python of the version that the file names, or a program that brings it; packages that only conda has
/// need one of conda's programs; and files that pip is to read must be there. Registered environments are not looked at.
enum PythonIsAvailable {
    static let name = String(describing: Self.self)
}

extension NamedFiles {
    /// Notes in the definition what the playbook says of the Python, and reports what this machine lacks.
    mutating func checkPython(of definition: inout DeploymentDefinition, in document: Document) {
        guard let python, definition.serving == nil else { return }
        definition.python = python.choice
        let file = condaFile(of: definition, in: document)
        checkScript(of: definition, in: document, conda: file.map { $0.root?.value ?? .null })
        guard let file else { return }
        for problem in python.problems(file.root?.value ?? .null, file.folder) {
            let root = file.root ?? document.root
            let place = problem.entry.flatMap { root.span(of: $0) } ?? root.headSpan
            findings.append(
                Finding(
                    problem.severity, PythonIsAvailable.name, at: Location(source: file.source, span: place),
                    problem.message, help: problem.help))
        }
    }

    private struct CondaFile {
        /// Nil where the deployment has none.
        var root: Node?
        var source: SourceFile
        var folder: String?
    }

    /// The conda file of what Python serves; nil where its contents are not known here.
    private func condaFile(of definition: DeploymentDefinition, in document: Document) -> CondaFile? {
        let environment = definition.document["environment"]
        guard environment?.string == nil else { return nil }
        let named = environment?["conda_file"].flatMap { $0 == .null ? nil : $0 }
        switch (definition.ownServer, named) {
        case (.script?, _), (.mlflowModel?, .some): return condaFile(named, of: definition, in: document)
        case (.mlflowModel(let model)?, nil):
            guard model.isLocalPath else { return nil }
            return condaFile(.string(model + "/" + MLflowModel.condaFile), of: definition, in: document)
        default: return nil
        }
    }

    private func condaFile(_ named: Value?, of definition: DeploymentDefinition, in document: Document) -> CondaFile? {
        switch named {
        case nil: return CondaFile(source: document.source)
        case .mapping?:
            guard let node = document.root["environment"]?["conda_file"] else { return nil }
            return CondaFile(root: node, source: node.origin == .document ? document.source : playbook)
        case .string(let path)?:
            guard let place = path.hasPrefix("/") ? path : definition.folder.map({ "\($0)/\(path)" }) else {
                return nil
            }
            var ignored: [Finding] = []
            do throws(FileProblem) {
                let source = SourceFile(
                    path: path.beside(document.source.path), data: try DiskFile.read(place, named: path))
                guard let root = loadYAML(source, as: .azure, findings: &ignored) else { return nil }
                return CondaFile(root: root, source: source, folder: place.parentFolder)
            } catch {
                return nil  // reported by FilesAreThere
            }
        default: return nil
        }
    }
}

extension Node {
    /// Where a key or a scalar with this text stands.
    fileprivate func span(of text: String) -> Span? {
        if scalar?.text == text { return span }
        for item in items {
            if let span = item.span(of: text) { return span }
        }
        for member in members {
            if member.key.text == text { return member.key.span }
            if let span = member.value.span(of: text) { return span }
        }
        return nil
    }
}
