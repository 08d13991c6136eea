internal import Crypto
internal import FoundationEssentials

/// A file, or a folder with the files that `az ml` would upload.
///
/// Links are followed, also out of the folder. Files that the folder's `.amlignore` (or else `.gitignore`) excludes are
/// left out, and so are links to nothing.
package struct AssetTree: Sendable {
    package struct File: Hashable, Sendable {
        /// The path relative to the folder; for a single file, its name.
        package var path: String
        /// The absolute path without links.
        package var place: String
        package var size: Int
        package var isExecutable: Bool
        /// A mark that changes with every change of the file.
        var changed: String
        var seconds: Int
    }

    /// The absolute path without links.
    package let root: String
    package let isFile: Bool
    /// The files, sorted by path without regard to case, which is the order of hashing.
    package private(set) var files: [File] = []
    package var size: Int { files.reduce(0) { $0 + $1.size } }
    private let ignore: IgnoreFile

    package static let maximumFileCount = 100_000
    private static let deepest = 64

    /// Reads the file or folder at `path`, an absolute path.
    package init(_ path: String) throws(AssetProblem) {
        guard let root = DiskPath.resolved(path), let facts = FileMetadata(root) else {
            throw AssetProblem("there is nothing at \(path)")
        }
        self.root = root
        isFile = !facts.isFolder
        guard facts.isFolder else {
            guard facts.isRegular else { throw AssetProblem("\(path) is neither a file nor a folder") }
            ignore = .none
            files = [File(path: DiskPath.name(of: root), place: root, facts)]
            return
        }
        ignore = try IgnoreFile(of: root)
        try list(root, as: "", inside: [])
        files = files.map { (key: $0.path.lowercased(), file: $0) }
            .sorted { $0.key == $1.key ? $0.file.path.isBefore($1.file.path) : $0.key.isBefore($1.key) }
            .map(\.file)
    }

    /// Reads the file or folder at `path`, which is relative to `folder`.
    package init(_ path: String, in folder: String) throws(AssetProblem) {
        try self.init(DiskPath.joined(folder, path))
    }

    /// The name of an upload.
    package var name: String { DiskPath.name(of: root) }

    private mutating func list(_ folder: String, as path: String, inside: [String]) throws(AssetProblem) {
        guard inside.count < Self.deepest else {
            throw AssetProblem("\(root): folders are nested more than \(Self.deepest) levels deep")
        }
        for name in try Self.names(in: folder) {
            guard let target = DiskPath.resolved("\(folder)/\(name)"), let facts = FileMetadata(target) else {
                continue
            }
            let below = path.isEmpty ? name : "\(path)/\(name)"
            if facts.isFolder {
                guard target != folder, !inside.contains(target) else {
                    if ignore.excludes("\(folder)/\(name)") || ignore.excludes("\(folder)/\(name)/x") { continue }
                    throw AssetProblem(
                        "\(root)/\(below) is a link to a folder that contains it; remove it, or list it in .amlignore")
                }
                try list(target, as: below, inside: inside + [folder])
            } else if facts.isRegular, !ignore.excludes("\(folder)/\(name)") {
                files.append(File(path: below, place: target, facts))
                guard files.count <= Self.maximumFileCount else {
                    throw AssetProblem(
                        "\(root) has more than \(Self.maximumFileCount) files; list those that are not needed in .amlignore"
                    )
                }
            }
        }
    }

    private static func names(in folder: String) throws(AssetProblem) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw AssetProblem("the folder \(folder) cannot be read")
        }
    }

    /// A mark that changes with every change of a file or a name; it is cheap, and does not identify the contents.
    var fingerprint: String {
        var hasher = SHA256()
        hasher.update(data: Data(root.utf8))
        for file in files { hasher.update(data: Data("\n\(file.path)\0\(file.size)\0\(file.changed)".utf8)) }
        return hasher.finalize().hexadecimal
    }

    /// Returns whether ``fingerprint`` is reliable: no file was changed within the clock's resolution before `seconds`.
    func rested(at seconds: Int) -> Bool { files.allSatisfy { $0.seconds + 2 < seconds } }
}

/// The two hashes that `azure-ai-ml` computes of an asset's files.
package struct AssetHashes: Hashable, Sendable, Codable {
    /// The result of `get_content_hash`, by which Azure finds code again; here it identifies contents.
    package var content: String
    /// The result of `get_object_hash`, which locates uploads and names models without a name.
    package var object: String
}

extension AssetTree {
    /// Reads every file and returns the results of `get_content_hash` and `get_object_hash`.
    package func hashes() throws(AssetProblem) -> AssetHashes {
        AssetHashes(content: try contentHash(), object: try objectHash())
    }

    private func contentHash() throws(AssetProblem) -> String {
        var hasher = SHA256()
        hasher.update("\(files.count)")
        for file in files { hasher.update("#\(file.path)#\(file.size)") }
        for file in files { try DiskFile.read(file.place) { hasher.update(bufferPointer: $0) } }
        return hasher.finalize().hexadecimal
    }

    private func objectHash() throws(AssetProblem) -> String {
        var hasher = SHA256()
        hasher.update("Initialize for october 2021 AML CLI version")
        if isFile {
            try DiskFile.read(root) { hasher.update(bufferPointer: $0) }
        } else {
            try hashObjects(in: root, &hasher, depth: 0)
        }
        return hasher.finalize().hexadecimal
    }

    /// Hashes names and contents, folder by folder.
    private func hashObjects(in folder: String, _ hasher: inout SHA256, depth: Int) throws(AssetProblem) {
        let places = try Self.names(in: folder).map { name in
            (key: "\(folder)/\(name)".lowercased(), name: name, place: "\(folder)/\(name)")
        }
        .sorted { $0.key == $1.key ? $0.name.isBefore($1.name) : $0.key.isBefore($1.key) }
        for (_, name, place) in places where !ignore.excludes(place) {
            // A link to nothing is not uploaded, so its name is not part of the asset.
            guard let target = DiskPath.resolved(place), let facts = FileMetadata(target),
                facts.isFolder || facts.isRegular
            else { continue }
            hasher.update(name)
            if facts.isFolder {
                guard depth < Self.deepest else {
                    throw AssetProblem("\(root): folders are nested more than \(Self.deepest) levels deep")
                }
                try hashObjects(in: target, &hasher, depth: depth + 1)
            } else {
                try DiskFile.read(target) { hasher.update(bufferPointer: $0) }
            }
        }
    }
}

extension AssetTree.File {
    fileprivate init(path: String, place: String, _ facts: FileMetadata) {
        self.init(
            path: path, place: place, size: facts.size, isExecutable: facts.isExecutable, changed: facts.changed,
            seconds: facts.seconds)
    }
}

extension SHA256 {
    mutating func update(_ text: String) { update(data: Data(text.utf8)) }
}

extension SHA256.Digest {
    var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

func sha256(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

/// Returns the SHA-256 of a text in lowercase hexadecimal digits.
package func sha256(_ text: String) -> String { SHA256.hash(data: Data(text.utf8)).hexadecimal }

extension String {
    /// Returns whether Python sorts the text before `other`: by the code points of its characters.
    func isBefore(_ other: String) -> Bool { unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars) }
}

extension AssetTree {
    /// Returns whether nothing has changed since the tree was read.
    package func isUnchanged() throws(AssetProblem) -> Bool { try AssetTree(root).fingerprint == fingerprint }
}

/// Reads a file in parts.
package struct AssetReader: ~Copyable {
    private let file: Int32
    private let path: String

    package init(_ path: String) throws(AssetProblem) {
        self.path = path
        file = try DiskFile.open(path)
    }

    deinit { DiskFile.close(file) }

    /// Returns the next bytes, at most `limit`; the array is empty at the end.
    package mutating func next(_ limit: Int) throws(AssetProblem) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 16)
        defer { buffer.deallocate() }
        let count = try DiskFile.fill(buffer, from: file, path)
        return Array(buffer[..<count])
    }
}
