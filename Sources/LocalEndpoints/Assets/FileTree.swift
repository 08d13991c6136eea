internal import Crypto
internal import FoundationEssentials
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Why a folder cannot be taken.
package struct FileTreeProblem: Error, Hashable, Sendable {
    /// A sentence that names the file or folder.
    package var message: String
}

/// A file, or a folder with all that is below it, links followed: what an upload of it would hold.
///
/// What Python and git keep for themselves beside code is no part of it.
struct FileTree {
    struct File: Hashable {
        /// Below the tree's root; empty where the root is a file.
        var path: String
        var place: String
        var size: Int
        /// When it was changed last, seconds and nanoseconds since 1970.
        var modified: String
        var isExecutable: Bool
    }

    /// Sorted by path.
    private(set) var files: [File] = []
    private(set) var size = 0

    static let leftOut: Set = ["__pycache__", ".git", ".ipynb_checkpoints"]
    private static let mostFiles = 10_000
    private static let deepest = 32

    /// Reads what is at `root`, an absolute path.
    init(_ root: String) throws(FileTreeProblem) {
        try add(root, as: "", depth: 0, top: root)
        files.sort { $0.path < $1.path }
    }

    private mutating func add(_ place: String, as path: String, depth: Int, top: String) throws(FileTreeProblem) {
        guard depth <= Self.deepest else {
            throw FileTreeProblem(
                message: "\(top): its folders are more than \(Self.deepest) deep, or linked in a circle")
        }
        guard let target = LocalPaths.resolved(place), let facts = FileFacts(path: target) else {
            throw FileTreeProblem(message: "\(place): nothing can be read there")
        }
        if facts.isRegular {
            guard files.count < Self.mostFiles else {
                throw FileTreeProblem(message: "\(top): it has more than \(Self.mostFiles) files")
            }
            files.append(
                File(
                    path: path, place: target, size: facts.size,
                    modified: "\(facts.modified).\(facts.modifiedNanoseconds)",
                    isExecutable: facts.permissions & 0o100 != 0))
            size += facts.size
        } else if facts.isFolder {
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: target)
            } catch {
                throw FileTreeProblem(message: "\(place): the folder cannot be read")
            }
            for name in names.sorted() where !Self.leftOut.contains(name) {
                try add("\(place)/\(name)", as: path.isEmpty ? name : "\(path)/\(name)", depth: depth + 1, top: top)
            }
        }
    }

    /// SHA-256 over the files' names, what may be executed, and all bytes.
    func digest() throws(FileTreeProblem) -> String {
        var hasher = SHA256()
        for file in files {
            hasher.update(data: Data("\(file.path.utf8.count):\(file.path):\(file.isExecutable):\(file.size)\n".utf8))
            try Self.read(file.place) { hasher.update(bufferPointer: $0) }
        }
        return Self.text(hasher.finalize())
    }

    /// As ``digest()`` where the files have `limit` bytes at most, else over their names, sizes and times of change.
    func fingerprint(reading limit: Int) throws(FileTreeProblem) -> String {
        guard size > limit else { return try digest() }
        var hasher = SHA256()
        for file in files {
            hasher.update(data: Data("\(file.path.utf8.count):\(file.path):\(file.size):\(file.modified)\n".utf8))
        }
        return Self.text(hasher.finalize())
    }

    /// Gives the file's bytes to `body`, part by part.
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws(FileTreeProblem) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw problem(path) }
        defer { close(file) }
        do {
            while true {
                let part = try Descriptor.read(file, limit: 1 << 17, path: path)
                guard !part.isEmpty else { return }
                try part.withUnsafeBytes(body)
            }
        } catch let error as EmulatorError {
            throw FileTreeProblem(message: error.message)
        } catch {
            throw FileTreeProblem(message: "\(path): \(error)")
        }
    }

    private static func problem(_ path: String) -> FileTreeProblem {
        FileTreeProblem(message: "\(path): it cannot be read: \(String(cString: strerror(errno)))")
    }

    private static func text(_ digest: SHA256.Digest) -> String {
        digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
