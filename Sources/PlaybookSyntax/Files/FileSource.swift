package import FoundationEssentials
internal import Support

/// The source of a playbook and of the files that it names: the disk, or stored contents.
package struct FileSource: Sendable {
    /// The largest size of a file, in bytes.
    static let limit = 1 << 20

    private let read: @Sendable (_ path: String, _ playbook: String, _ isFree: Bool) throws(FileProblem) -> Data
    /// The disk's settings; `nil` for stored contents.
    private let disk: Disk?

    private struct Disk: Sendable {
        var allowsOutsidePaths: Bool
    }

    /// Reads from disk.
    ///
    /// Paths are relative to the playbook's folder, and must not lead out of it unless outside paths are allowed.
    package static func disk(allowOutsidePaths: Bool = false) -> FileSource {
        FileSource(
            read: { path, playbook, isFree throws(FileProblem) in
                guard path != playbook else { return try DiskFile.read(path, named: path) }
                if !isFree, !allowOutsidePaths { try guardFolder(of: playbook, against: path) }
                return try DiskFile.read(path.beside(playbook), named: path)
            }, disk: Disk(allowsOutsidePaths: allowOutsidePaths))
    }

    /// Refuses a path that leads out of the playbook's folder, as written or through a symbolic link.
    private static func guardFolder(of playbook: String, against path: String) throws(FileProblem) {
        guard !path.leavesFolder else { throw FileProblem.outside(path) }
        guard let target = DiskFile.resolved(path.beside(playbook)), let root = DiskFile.resolved(playbook.parentFolder)
        else { return }
        guard target == root || target.hasPrefix(root == "/" ? "/" : root + "/") else {
            throw FileProblem.outside(path)
        }
    }

    /// Reads from the contents of a snapshot: the playbook by its path, other files by the names that the playbook
    /// uses.
    package static func stored(_ contents: [String: Data]) -> FileSource {
        FileSource(
            read: { path, _, _ throws(FileProblem) in
                guard let data = contents[path] else { throw DiskFile.missing(path) }
                guard data.count <= limit else { throw FileProblem.tooLarge(path) }
                return data
            }, disk: nil)
    }

    /// Whether files are read from disk.
    var isDisk: Bool { disk != nil }

    /// Returns access to the files around the file that `playbook` names as `path`.
    func surroundings(of path: String, namedBy playbook: String) -> FileSurroundings {
        isDisk ? .disk(around: path.beside(playbook)) : .unknown
    }

    /// Returns the bytes of the file that `playbook` names as `path`; if the path `isFree`, it may lead anywhere.
    func contents(of path: String, namedBy playbook: String, isFree: Bool = false) throws(FileProblem) -> Data {
        try read(path, playbook, isFree)
    }

    /// Returns the absolute path, without symbolic links, of the file or folder that `playbook` names as `path`.
    ///
    /// The result is `nil` if the source is not the disk.
    func place(of path: String, namedBy playbook: String, isFree: Bool) throws(FileProblem) -> String? {
        guard isDisk else { return nil }
        try checkFolder(of: path, namedBy: playbook, isFree: isFree)
        guard let place = DiskFile.resolved(path.beside(playbook)) else {
            throw FileProblem(
                "there is nothing at \(path.quoted)", help: "paths are relative to the file that names them")
        }
        return place
    }

    /// Refuses a path outside the playbook's folder, unless it `isFree` or outside paths are allowed.
    func checkFolder(of path: String, namedBy playbook: String, isFree: Bool) throws(FileProblem) {
        guard let disk, !disk.allowsOutsidePaths, !isFree else { return }
        try Self.guardFolder(of: playbook, against: path)
    }

    /// Returns the path that a user means by `text`, typed in the folder `base`.
    func userPath(_ text: String, from base: String, playbook: String) -> UserPath {
        isDisk && !text.isEmpty ? .onDisk(text, from: base, playbook: playbook) : UserPath(path: text)
    }
}

extension String {
    /// The path of a file that the playbook names, relative to the same folder as the path `playbook`.
    func beside(_ playbook: String) -> String {
        guard !hasPrefix("/"), playbook.contains("/") else { return self }
        return (playbook.parentFolder == "/" ? "" : playbook.parentFolder) + "/" + self
    }

    /// The last part of a path without its extension.
    var fileStem: String {
        let name = split(separator: "/").last.map(String.init) ?? self
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// Whether the path is absolute or leaves its folder through `..`.
    package var leavesFolder: Bool {
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
            help: "move it under that folder, or allow it with --allow-outside-paths")
    }

    static func tooLarge(_ path: String) -> FileProblem {
        FileProblem("\(path.quoted) is larger than \(FileSource.limit) bytes", help: "make it smaller")
    }
}
