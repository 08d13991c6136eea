internal import AssetFiles
internal import RolloutEngine
internal import Rollouts
internal import Support

/// The files that a deployment names exist, and their digests are part of the plan.
///
/// Paths of code, model and conda file are relative to the file that names them, and may lead anywhere on this machine.
/// Paths in a command of the playbook are relative to the playbook's folder. A scoring script must be among the code's
/// files that are uploaded.
enum FilesAreThere {
    static let name = String(describing: Self.self)
}

extension NamedFiles {
    /// Records the digests of the definition's files as they are now; `server` is where the playbook defines its server.
    mutating func readFiles(
        of definition: inout DeploymentDefinition, at place: PlacedName, in document: Document, server: Location?
    ) {
        let server = server ?? Location(source: playbook, span: .beginning)
        guard let digests, let files = DeploymentFiles(definition, yaml: pythonYAMLValue(of:)) else { return }
        sources.formUnion(files.sources().map { Plan.Source(path: $0.path, mark: $0.mark) })
        do throws(AssetProblem) {
            definition.contents = try files.contents(digests)
            if let problem = try files.scriptProblem() { throw problem }
            if let problem = files.programProblem() { report(FilesAreThere.name, server, problem.message) }
        } catch {
            if error.member == "files" {
                report(
                    FilesAreThere.name, server, error.message,
                    help: "files of a command are relative to the playbook's folder")
            } else {
                let node = document.node(of: error.member)
                report(
                    FilesAreThere.name, node.map { location($0, in: document) } ?? place.location, error.message,
                    help: node?.scalar?.text.hasPrefix("~") == true
                        ? .tildeIsNotExpanded : "paths are relative to the folder of \(document.source.path)")
            }
        }
    }

    /// Returns the absolute folder of a file that the playbook names, or `nil` if files are not on disk.
    func folder(of path: String) -> String? {
        do throws(FileProblem) {
            return try place(of: path.contains("/") ? path.parentFolder : ".", isFree: true)
        } catch {
            return nil  // reported where the file was read
        }
    }

}

extension NamedFiles.Document {
    /// Returns the node of a member such as `code_configuration.code`, or of the last key on its path that exists.
    func node(of member: String) -> Node? {
        guard !member.isEmpty else { return nil }
        var found: Node?
        var node = root
        for key in member.split(separator: ".") {
            guard let next = node[String(key)] else { break }
            (node, found) = (next, next)
        }
        return found
    }
}

extension String {
    /// Azure's loader also treats `~` as a folder of that name.
    static let tildeIsNotExpanded = "`~` is not expanded in a path, as in `az ml`: write your home folder in full"
}
