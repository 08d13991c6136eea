package import FoundationEssentials
internal import Support

/// Where a playbook and the files that it names come from.
package struct FileSource: Sendable {
    /// The largest file that is read.
    static let limit = 1 << 20

    private let read: @Sendable (_ path: String, _ playbook: String, _ isFree: Bool) throws(FileProblem) -> Data
    /// Nil where there is nothing but contents.
    private let disk: Disk?

    private struct Disk: Sendable {
        var allowsOutsidePaths: Bool
    }

    /// The disk: files stand relative to the playbook's folder, and under it unless outside paths are allowed.
    package static func disk(allowOutsidePaths: Bool = false) -> FileSource {
        FileSource(
            read: { path, playbook, isFree throws(FileProblem) in
                guard path != playbook else { return try DiskFile.read(path, named: path) }
                if !isFree, !allowOutsidePaths { try guardFolder(of: playbook, against: path) }
                return try DiskFile.read(path.beside(playbook), named: path)
            }, disk: Disk(allowsOutsidePaths: allowOutsidePaths))
    }

    /// Refuses a path that leads out of the playbook's folder, by its text or by a symbolic link.
    private static func guardFolder(of playbook: String, against path: String) throws(FileProblem) {
        guard !path.leavesFolder else { throw FileProblem.outside(path) }
        guard let target = DiskFile.resolved(path.beside(playbook)), let root = DiskFile.resolved(playbook.parentFolder)
        else { return }
        guard target == root || target.hasPrefix(root == "/" ? "/" : root + "/") else {
            throw FileProblem.outside(path)
        }
    }

    /// What a snapshot kept: the playbook by its path, the other files as they were named.
    package static func stored(_ contents: [String: Data]) -> FileSource {
        FileSource(
            read: { path, _, _ throws(FileProblem) in
                guard let data = contents[path] else { throw DiskFile.missing(path) }
                guard data.count <= limit else { throw FileProblem.tooLarge(path) }
                return data
            }, disk: nil)
    }

    /// False where there is nothing but contents.
    var isDisk: Bool { disk != nil }

    /// What lies around the file that `playbook` names as `path`.
    func surroundings(of path: String, namedBy playbook: String) -> FileSurroundings {
        isDisk ? .disk(around: path.beside(playbook)) : .unknown
    }

    /// The bytes of the file that `playbook` names as `path`; where the path `isFree`, it may lead anywhere.
    func contents(of path: String, namedBy playbook: String, isFree: Bool = false) throws(FileProblem) -> Data {
        try read(path, playbook, isFree)
    }

    /// Where the file or folder that `playbook` names as `path` is on this machine: absolute, without symbolic links;
    /// nil where the source is no disk.
    func place(of path: String, namedBy playbook: String, isFree: Bool) throws(FileProblem) -> String? {
        guard isDisk else { return nil }
        try checkFolder(of: path, namedBy: playbook, isFree: isFree)
        guard let place = DiskFile.resolved(path.beside(playbook)) else {
            throw FileProblem(
                "there is nothing at \(path.quoted)", help: "paths are relative to the file that names them")
        }
        return place
    }

    /// Refuses a path outside the playbook's folder, unless it `isFree` or such paths are allowed.
    func checkFolder(of path: String, namedBy playbook: String, isFree: Bool) throws(FileProblem) {
        guard let disk, !disk.allowsOutsidePaths, !isFree else { return }
        try Self.guardFolder(of: playbook, against: path)
    }

    /// What a user who typed `text` in the folder `base` means.
    func userPath(_ text: String, from base: String, playbook: String) -> UserPath {
        isDisk && !text.isEmpty ? .onDisk(text, from: base, playbook: playbook) : UserPath(path: text)
    }
}

extension String {
    /// A path that the file at `playbook` names, as seen from where `playbook` itself is named.
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

    /// True for an absolute path, and for one that climbs out by `..`.
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
