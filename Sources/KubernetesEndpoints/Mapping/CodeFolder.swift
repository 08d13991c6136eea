internal import FoundationEssentials
internal import RolloutEngine

/// A deployment's code folder, as it is stored in a cluster.
package struct CodeFolder: Hashable, Sendable {
    struct File: Hashable, Sendable {
        /// The path relative to the folder, with slashes.
        var path: String
        var content: [UInt8]
    }

    var files: [File]

    /// The maximum size of a ConfigMap in bytes, including keys (core/v1, MaxSecretSize).
    package static let largest = 1024 * 1024

    /// A predicate that explains why the folder cannot be stored in a cluster.
    package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// Reads the folder without hidden files and compiled Python.
    ///
    /// Symbolic links are rejected.
    package init(at path: String) throws(Problem) {
        let manager = FileManager.default
        var isFolder = false
        guard manager.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            throw Problem(description: "is not a folder")
        }
        var found: [File] = []
        var total = 0
        let names: [String]
        do { names = try manager.subpathsOfDirectory(atPath: path).sorted() } catch {
            throw Problem(description: "cannot be read: \(error)")
        }
        for name in names where !Self.isLeftOut(name) {
            guard manager.fileExists(atPath: path + "/" + name, isDirectory: &isFolder), !isFolder else { continue }
            // A link may point to any file on this machine.
            guard (try? manager.destinationOfSymbolicLink(atPath: path + "/" + name)) == nil else {
                throw Problem(description: "contains the symbolic link '\(name)': replace it by the file itself")
            }
            guard let content = manager.contents(atPath: path + "/" + name) else {
                throw Problem(description: "contains '\(name)', which cannot be read")
            }
            total += content.count + name.utf8.count
            guard total <= Self.largest else {
                throw Problem(description: "is larger than 1 MiB, the maximum size of a ConfigMap")
            }
            found.append(File(path: name, content: Array(content)))
        }
        guard !found.isEmpty else { throw Problem(description: "contains no files") }
        files = found
    }

    /// The key in `code_configuration` for the digest of the code for which the plan was made.
    package static let digestKey = "sha256"

    init(files: [File]) { self.files = files.sorted { $0.path < $1.path } }

    /// The digest of all paths and contents.
    package var digest: String {
        var text = ""
        for file in files { text += "\(hexadecimalDigest(of: Data(file.content))) \(file.path)\n" }
        return hexadecimalDigest(of: Data(text.utf8))
    }

    package func has(_ path: String) -> Bool { files.contains { $0.path == path } }

    private static func isLeftOut(_ path: String) -> Bool {
        path.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__pycache__" } || path.hasSuffix(".pyc")
    }
}
