internal import Support
internal import AssetFiles
internal import FoundationEssentials
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A folder with private copies of a server's files for one start; the server may write to them.
///
/// It is removed when the server has ended. Its name begins with the process that created it, so that folders of a
/// killed emulator can be found.
struct InstanceFolder: Hashable {
    let path: String

    /// Creates the location for the start `start` of `instance` below the deployment's `folder`.
    init(of instance: String, start: String, in folder: String) {
        path = "\(Self.root(in: folder))/\(Self.owner).\(instance).\(start)"
    }

    private static func root(in folder: String) -> String { "\(folder)/work" }

    /// The identity of this process.
    private static var owner: String { ProcessTable.entry(getpid())?.text ?? "\(getpid())-0" }

    /// Removes folders that ended processes left behind.
    static func removeLeft(in folder: String) throws {
        let files = FileManager.default
        let root = root(in: folder)
        guard files.fileExists(atPath: root) else { return }
        let owners = Set(ProcessTable.all().map(\.text) + [owner])
        for name in try files.contentsOfDirectory(atPath: root)
        where !owners.contains(String(name.prefix { $0 != "." })) {
            try files.removeItem(atPath: "\(root)/\(name)")
        }
    }

    /// Copies a file or a folder recursively; the copy is writable for its owner.
    func copy(_ source: String, to name: String) throws {
        try Self.copy(source, try place(of: name))
    }

    /// Writes a text file.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: try place(of: name)))
    }

    /// The path of `name`; its parent folder is created if necessary.
    private func place(of name: String) throws -> String {
        let target = "\(path)/\(name)"
        try Folder.create(target.parentFolder)
        return target
    }

    private static func copy(_ source: String, _ target: String) throws {
        // Links are followed, as in an upload: a write through a link would change files outside the instance.
        var facts = stat()
        guard stat(source, &facts) == 0 else {
            // A dangling link is skipped, as in an upload.
            var link = stat()
            if errno == ENOENT, lstat(source, &link) == 0 { return }
            throw EmulatorError.system(source, doing: "reading", errno: errno)
        }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            try FileManager.default.copyItem(
                atPath: URL(filePath: source).resolvingSymlinksInPath().path, toPath: target)
            guard chmod(target, facts.st_mode & 0o777 | 0o600) == 0 else {
                throw EmulatorError.system(target, doing: "chmod", errno: errno)
            }
            return
        }
        try Folder.create(target)
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            try copy("\(source)/\(name)", "\(target)/\(name)")
        }
    }

    /// Removes the folder; does nothing if it does not exist.
    func remove() throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }
}
