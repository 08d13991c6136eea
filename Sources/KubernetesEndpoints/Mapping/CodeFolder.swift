internal import FoundationEssentials
internal import RolloutEngine

/// A deployment's folder of code, as it is brought to a cluster.
package struct CodeFolder: Hashable, Sendable {
    struct File: Hashable, Sendable {
        /// From the folder on, with slashes.
        var path: String
        var content: [UInt8]
    }

    var files: [File]

    /// What a ConfigMap may have in all (core/v1, MaxSecretSize), with its keys.
    package static let largest = 1024 * 1024

    /// Why the code cannot be brought to a cluster, as the rest of a sentence about the folder.
    package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// Reads the folder, without hidden files and compiled Python; links are refused.
    package init(at path: String) throws(Problem) {
        let manager = FileManager.default
        var isFolder = false
        guard manager.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            throw Problem(description: "is no folder")
        }
        var found: [File] = []
        var total = 0
        let names: [String]
        do { names = try manager.subpathsOfDirectory(atPath: path).sorted() } catch {
            throw Problem(description: "cannot be read: \(error)")
        }
        for name in names where !Self.isLeftOut(name) {
            guard manager.fileExists(atPath: path + "/" + name, isDirectory: &isFolder), !isFolder else { continue }
            // What a link leads to may be anywhere on this machine.
            guard (try? manager.destinationOfSymbolicLink(atPath: path + "/" + name)) == nil else {
                throw Problem(description: "has the link '\(name)': put the file itself there")
            }
            guard let content = manager.contents(atPath: path + "/" + name) else {
                throw Problem(description: "has '\(name)', which cannot be read")
            }
            total += content.count + name.utf8.count
            guard total <= Self.largest else {
                throw Problem(description: "has more than 1 MiB, which is what a ConfigMap can hold")
            }
            found.append(File(path: name, content: Array(content)))
        }
        guard !found.isEmpty else { throw Problem(description: "has no files") }
        files = found
    }

    /// The member of `code_configuration` with the digest of the code for which a plan was made.
    package static let digestKey = "sha256"

    init(files: [File]) { self.files = files.sorted { $0.path < $1.path } }

    /// Of every path and every content.
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
