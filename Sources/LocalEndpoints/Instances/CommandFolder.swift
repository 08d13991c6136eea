internal import FoundationEssentials
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The working folder of one instance of a command: it mirrors the playbook's folder, with copies of the stored files.
///
/// Other files in the playbook's folder are symbolic links, so that the program also finds files that were not named.
struct CommandFolder {
    let server: CommandServer

    /// The working folder of an instance with its copy at `root`; without stored files, the playbook's folder itself.
    func start(at root: String) -> String {
        guard let stored = server.stored else { return server.folder }
        return ([root] + segments.suffix(stored.levels)).joined(separator: "/")
    }

    private var segments: [String] { server.folder.split(separator: "/").map(String.init) }

    /// Creates the folder at `root`, which must not exist yet.
    func make(at root: String) throws {
        guard let stored = server.stored else { return }
        var segments = segments
        let below = Array(segments.suffix(stored.levels))
        segments.removeLast(min(stored.levels, segments.count))
        let origin = "/" + segments.joined(separator: "/")
        let start = start(at: root)
        try Folder.create(start)
        try copy(stored.tree, to: root, origin: origin, Set(stored.executables), at: "")
        if !below.isEmpty { try link(server.folder, into: start) }
    }

    private func copy(
        _ source: String, to target: String, origin: String, _ executables: Set<String>, at path: String
    ) throws {
        try Folder.create(target)
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            let below = path.isEmpty ? name : "\(path)/\(name)"
            let place = "\(source)/\(name)"
            if FileFacts(path: place)?.isFolder == true {
                try copy(place, to: "\(target)/\(name)", origin: "\(origin)/\(name)", executables, at: below)
            } else {
                try FileManager.default.copyItem(atPath: place, toPath: "\(target)/\(name)")
                guard chmod("\(target)/\(name)", executables.contains(below) ? 0o700 : 0o600) == 0 else {
                    throw EmulatorError.system("\(target)/\(name)", doing: "chmod", errno: errno)
                }
            }
        }
        try link(origin, into: target)
    }

    /// Links in `target` to the entries of `origin` that it lacks; does nothing if `origin` no longer exists.
    private func link(_ origin: String, into target: String) throws {
        guard FileFacts(path: origin)?.isFolder == true else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: origin)
        where FileFacts(path: "\(target)/\(name)") == nil {
            guard symlink("\(origin)/\(name)", "\(target)/\(name)") == 0 else {
                throw EmulatorError.system("\(target)/\(name)", doing: "linking", errno: errno)
            }
        }
    }
}
