internal import Support
internal import Crypto
internal import FoundationEssentials
package import Rollouts

/// The files of a deployment that a `command` serves: those that its words name, and those listed under `files`.
///
/// Words and `files` are relative to the playbook's folder. Absolute words are programs and files of this machine, and
/// are not stored.
package struct CommandFiles: Sendable {
    package struct File: Hashable, Sendable {
        /// The path relative to ``base``.
        package var path: String
        package var place: String
        package var size: Int
        package var isExecutable: Bool
        var changed: String
    }

    /// The playbook's folder, or the nearest folder above it that contains all files.
    package let base: String
    /// The number of folders from the playbook's folder up to ``base``.
    package let levels: Int
    /// The files, sorted by path.
    package private(set) var files: [File] = []

    /// Reads what serves a deployment (``DeploymentDefinition/serving``); returns `nil` if that is not a command, or
    /// names no files.
    package init?(_ serving: Value?) throws(AssetProblem) {
        guard let serving, let folder = serving["folder"]?.string, case .list(let words)? = serving["command"] else {
            return nil
        }
        var named: [(text: String, place: String)] = []
        for word in words.compactMap(\.string) where !word.isEmpty && !word.hasPrefix("/") && !word.hasPrefix("-") {
            let place = DiskPath.joined(folder, word)
            // A word that matches no file is an ordinary argument, and the folder itself would include all files around
            // it.
            if place != folder, !folder.hasPrefix(place + "/"), FileMetadata(place) != nil {
                named.append((word, place))
            }
        }
        if case .list(let items)? = serving["files"] {
            for text in items.compactMap(\.string) {
                let place = DiskPath.joined(folder, text)
                guard FileMetadata(place) != nil else {
                    throw AssetProblem("there is nothing at \(place)", member: "files")
                }
                named.append((text, place))
            }
        }
        guard !named.isEmpty else { return nil }
        var base = folder
        var levels = 0
        while let outside = named.first(where: {
            $0.place != base && !$0.place.hasPrefix(base == "/" ? "/" : base + "/")
        }) {
            guard base != "/" else { throw AssetProblem("\(outside.text) has no folder in common with the playbook") }
            base = base.parentFolder
            levels += 1
        }
        self.base = base
        self.levels = levels
        var found: [String: File] = [:]
        for (_, place) in named {
            let tree = try AssetTree(place)
            for file in tree.files {
                let path = tree.isFile ? place : place + "/" + file.path
                let below = DiskPath.relative(path, to: base)
                found[below] = File(
                    path: below, place: file.place, size: file.size, isExecutable: file.isExecutable,
                    changed: file.changed)
            }
        }
        files = found.values.sorted { $0.path.isBefore($1.path) }
        guard !files.isEmpty else { return nil }
    }

    /// Returns the SHA-256 of names, sizes, executable flags and contents.
    package func digest() throws(AssetProblem) -> String {
        var hasher = SHA256()
        hasher.update("command \(levels)\n")
        for file in files {
            hasher.update("\(file.path.utf8.count):\(file.path):\(file.isExecutable):\(file.size)\n")
            try DiskFile.read(file.place) { hasher.update(bufferPointer: $0) }
        }
        return hasher.finalize().hexadecimal
    }

    /// Returns the name of the code asset that holds files with that digest.
    package static func assetName(_ digest: String) -> String { "turnout-command-\(digest)" }
}
