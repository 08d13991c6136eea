internal import FoundationEssentials
internal import Rollouts

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Copies of code that deployments were made of, by their digests: what was deployed stays what it was, as after an
/// upload to the cloud, whatever becomes of the folder that it was taken from.
struct CodeStore: Sendable {
    private let folder: String
    private let partial: String

    /// Copies that nobody uses any more are kept up to so many, for a rollout that goes back to one.
    private static let most = 64

    /// - Parameter assets: The emulator's folder of assets.
    init(assets: String) {
        folder = assets + "/code"
        partial = assets + "/partial"
    }

    /// Where the copy with this digest is; made of what is at `source` where there is none.
    ///
    /// - Throws: ``ControlError`` where `source` is no longer what the digest was taken of.
    func copy(_ digest: String, of source: () throws -> String, inUse: () throws -> Set<String>) throws -> String {
        guard digest.utf8.count == 64, digest.utf8.allSatisfy({ $0.isHexadecimal }) else {
            throw ControlError.badArgument("'\(digest)' is no digest", target: "properties.properties")
        }
        let path = "\(folder)/\(digest)"
        guard !FileManager.default.fileExists(atPath: path) else { return path }
        let source = try source()
        let name = "\(partial)/\(Secrets.identifier())"
        let tree: FileTree
        do throws(FileTreeProblem) {
            tree = try FileTree(source)
            guard try tree.digest() == digest else {
                throw FileTreeProblem(
                    message: "\(source) was edited since the plan was made; `turnout resume --adopt` takes it as it is "
                        + "now, and a new run does too")
            }
        } catch {
            throw ControlError.badArgument(error.message, target: "properties.codeConfiguration")
        }
        try LocalFolder.make(folder)
        try LocalFolder.make(partial)
        do {
            try write(tree, to: name)
            // Copied while it was edited, it would be neither the one nor the other.
            guard try FileTree(name).digest() == digest else {
                throw ControlError.badArgument("\(source) is being edited", target: "properties.codeConfiguration")
            }
            try remove(beyond: Self.most, except: try inUse())
            guard rename(name, path) == 0 || FileManager.default.fileExists(atPath: path) else {
                throw EmulatorError.system(path, doing: "naming", errno: errno)
            }
        } catch {
            if FileManager.default.fileExists(atPath: name) { try FileManager.default.removeItem(atPath: name) }
            throw error
        }
        return path
    }

    private func write(_ tree: FileTree, to root: String) throws {
        let isFile = tree.files.count == 1 && tree.files[0].path.isEmpty
        if !isFile { try LocalFolder.make(root) }
        for file in tree.files {
            let target = isFile ? root : "\(root)/\(file.path)"
            if let slash = target.lastIndex(of: "/") { try LocalFolder.make(String(target[..<slash])) }
            let descriptor = open(
                target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.isExecutable ? 0o700 as mode_t : 0o600)
            guard descriptor >= 0 else { throw EmulatorError.system(target, doing: "creating", errno: errno) }
            defer { close(descriptor) }
            try FileTree.read(file.place) { try Descriptor.write($0, to: descriptor, path: target) }
        }
    }

    /// Removes the oldest copies beyond `count` that are not among `used`.
    private func remove(beyond count: Int, except used: Set<String>) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        guard names.count >= count else { return }
        let unused = try names.filter { !used.contains($0) }.map { name in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return (name: name, made: attributes[.modificationDate] as? Date ?? .distantPast)
        }
        for (name, _) in unused.sorted(by: { $0.made < $1.made }).prefix(names.count - count + 1) {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}
