package import FoundationEssentials

/// Where a playbook and the files that it names come from.
package struct FileSource: Sendable {
    /// The largest file that is read.
    static let limit = 1 << 20

    private let read: @Sendable (_ path: String, _ playbook: String) throws(FileProblem) -> Data
    /// Nil where there is nothing but contents.
    private let find: (@Sendable (_ path: String, _ playbook: String) throws(FileProblem) -> String)?

    private init(
        read: @escaping @Sendable (_ path: String, _ playbook: String) throws(FileProblem) -> Data,
        find: (@Sendable (_ path: String, _ playbook: String) throws(FileProblem) -> String)? = nil
    ) {
        self.read = read
        self.find = find
    }

    /// The disk: files stand relative to the playbook's folder, and under it unless absolute paths are allowed.
    package static func disk(allowAbsolutePaths: Bool = false) -> FileSource {
        FileSource { path, playbook throws(FileProblem) in
            guard path != playbook else { return try DiskFile.read(path, named: path) }
            if !allowAbsolutePaths { try guardFolder(of: playbook, against: path) }
            return try DiskFile.read(path.beside(playbook), named: path)
        } find: { path, playbook throws(FileProblem) in
            if !allowAbsolutePaths { try guardFolder(of: playbook, against: path) }
            guard let place = DiskFile.resolved(path.beside(playbook)) else {
                throw FileProblem(
                    "there is nothing at \(path.quoted)", help: "paths are relative to the file that names them")
            }
            return place
        }
    }

    /// Refuses a path that leads out of the playbook's folder, by its text or by a symbolic link.
    private static func guardFolder(of playbook: String, against path: String) throws(FileProblem) {
        guard !path.leavesFolder else { throw FileProblem.outside(path) }
        guard let target = DiskFile.resolved(path.beside(playbook)), let root = DiskFile.resolved(playbook.folder)
        else { return }
        guard target == root || target.hasPrefix(root == "/" ? "/" : root + "/") else {
            throw FileProblem.outside(path)
        }
    }

    /// What a snapshot kept: the playbook by its path, the other files as they were named.
    package static func stored(_ contents: [String: Data]) -> FileSource {
        FileSource { path, _ throws(FileProblem) in
            guard let data = contents[path] else { throw FileProblem("there is no file \(path.quoted)") }
            guard data.count <= limit else { throw FileProblem.tooLarge(path) }
            return data
        }
    }

    /// The bytes of the file that `playbook` names as `path`.
    func contents(of path: String, namedBy playbook: String) throws(FileProblem) -> Data { try read(path, playbook) }

    /// Where the file or folder that `playbook` names as `path` is on this machine: absolute, without symbolic links;
    /// nil where the source is no disk.
    func place(of path: String, namedBy playbook: String) throws(FileProblem) -> String? { try find?(path, playbook) }
}

extension String {
    /// The folder of a file's path.
    var folder: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// A path that the file at `playbook` names, as seen from where `playbook` itself is named.
    func beside(_ playbook: String) -> String {
        guard !hasPrefix("/"), playbook.contains("/") else { return self }
        return (playbook.folder == "/" ? "" : playbook.folder) + "/" + self
    }

    /// The last part of a path without its extension.
    var fileStem: String {
        let name = split(separator: "/").last.map(String.init) ?? self
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// True for an absolute path, and for one that climbs out by `..`.
    fileprivate var leavesFolder: Bool {
        guard !hasPrefix("/") else { return true }
        var depth = 0
        for part in split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            if depth < 0 { return true }
        }
        return false
    }
}

extension FileProblem {
    fileprivate static func outside(_ path: String) -> FileProblem {
        FileProblem(
            "\(path.quoted) is outside the playbook's folder",
            help: "move it under that folder, or allow it with --allow-absolute-paths")
    }

    static func tooLarge(_ path: String) -> FileProblem {
        FileProblem("\(path.quoted) is larger than \(FileSource.limit) bytes", help: "make it smaller")
    }
}
