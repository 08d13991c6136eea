#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Paths that a definition names, relative to its folder, which they never leave.
struct LocalPaths: Sendable {
    /// Absolute, without symbolic links.
    let root: String

    /// `folder` is what `turnout.dev/folder` says.
    init(_ folder: String) throws(ControlError) {
        guard folder.hasPrefix("/"), let root = Self.resolved(folder) else {
            throw .badArgument(
                "turnout.dev/folder is \(folder), which is no absolute path of a folder that is there",
                target: "properties.properties")
        }
        self.root = root
    }

    /// The file or folder at `path`, absolute and without symbolic links.
    func resolve(_ path: String, what: String) throws(ControlError) -> String {
        guard !path.hasPrefix("/") else { throw outside(path, what) }
        var depth = 0
        for part in path.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            guard depth >= 0 else { throw outside(path, what) }
        }
        guard let resolved = Self.resolved(root + "/" + path) else {
            throw .badArgument("\(what) names \(path), and there is nothing in \(root)", target: what)
        }
        guard resolved == root || resolved.hasPrefix(root == "/" ? "/" : root + "/") else { throw outside(path, what) }
        return resolved
    }

    private func outside(_ path: String, _ what: String) -> ControlError {
        .badArgument("\(what) names \(path), which is outside of \(root)", target: what)
    }

    /// The path without links; nil where nothing is there.
    static func resolved(_ path: String) -> String? {
        guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
