internal import FoundationEssentials
internal import Support

/// Finds the playbooks of a workspace, by their file name in `Playbooks/` or by path.
package struct PlaybookFolder {
    var workspace: Workspace
    /// The folder that relative paths are resolved against.
    var workingFolder: String

    package init(_ workspace: Workspace, workingFolder: String = FileManager.default.currentDirectoryPath) {
        self.workspace = workspace
        self.workingFolder = workingFolder
    }

    /// Returns the path of the playbook that `argument` names, relative if possible: `Playbooks/safe-rollout.yml`.
    ///
    /// An argument that contains a slash or ends in `.yml` or `.yaml` is a path. The file's content is not checked. A name
    /// is looked up in `Playbooks/`, then among the installed playbooks.
    ///
    /// - Throws: ``ServiceError/Code/notPossible`` if there is no such file.
    package func path(of argument: String) throws(ServiceError) -> String {
        if argument.contains("/") || Self.extensions.contains(where: argument.hasSuffix) {
            if isFile(argument) { return argument }
            if !argument.contains("/"), let found = folders.map({ $0 + "/" + argument }).first(where: isFile) {
                return found
            }
            let hint = try hint(for: Self.name(of: argument))
            throw ServiceError(.notPossible, "there is no playbook at '\(argument)'\(hint)")
        }
        let paths = folders.flatMap { folder in Self.extensions.map { "\(folder)/\(argument)\($0)" } }
        if !argument.isEmpty, let found = paths.first(where: isFile) { return found }
        let places = folders.joined(separator: " or ")
        throw ServiceError(.notPossible, "there is no playbook '\(argument)' in \(places)\(try hint(for: argument))")
    }

    /// Returns the paths of all playbooks in `Playbooks/` and of the installed ones that they do not replace, sorted by
    /// name; empty if neither folder exists.
    package func all() throws(ServiceError) -> [String] {
        let own = try paths(in: workspace.playbooks, shown: folder)
        guard let stock = workspace.stock else { return own }
        let names = Set(own.map(Self.name))
        let others = try paths(in: stock, shown: stock).filter { !names.contains(Self.name(of: $0)) }
        return (own + others).sorted { Self.name(of: $0) < Self.name(of: $1) }
    }

    private func paths(in place: String, shown: String) throws(ServiceError) -> [String] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else { return [] }
        guard isFolder else { throw ServiceError(.notPossible, "\(place) is a file, not a folder") }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: place)
                .filter { file in !file.hasPrefix(".") && Self.extensions.contains(where: file.hasSuffix) }
                .map { shown + "/" + $0 }
                .filter(isFile)
                .sorted()
        } catch {
            throw ServiceError(.notPossible, "cannot read the folder \(place): \(error)")
        }
    }

    /// Returns the name of the playbook at `path`: its file name without the extension.
    package static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard let suffix = extensions.first(where: file.hasSuffix) else { return file }
        return String(file.dropLast(suffix.count))
    }

    private static let extensions = [".yml", ".yaml"]

    /// The playbooks' folder, as messages name it.
    private var folder: String {
        workspace.home == workingFolder ? "Playbooks" : workspace.playbooks
    }

    /// Where a name is looked up, first to last.
    private var folders: [String] { [folder] + (workspace.stock.map { [$0] } ?? []) }

    private func isFile(_ path: String) -> Bool {
        var isFolder = false
        let absolute = path.hasPrefix("/") ? path : workingFolder + "/" + path
        return FileManager.default.fileExists(atPath: absolute, isDirectory: &isFolder) && !isFolder
    }

    /// Returns the nearest name, or all names, as the end of a sentence.
    private func hint(for argument: String) throws(ServiceError) -> String {
        let names = try all().map(Self.name)
        if let near = didYouMean(argument, among: names) { return "; \(near)" }
        guard !names.isEmpty else {
            return ": there are no playbooks in \(workspace.playbooks)"
        }
        return "; there are \(names.joined(separator: ", "))"
    }
}
