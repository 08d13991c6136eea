internal import AzureEndpoints
internal import FoundationEssentials
package import Rollouts
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A Python environment in the emulator's folder, built or half-built.
package struct BuiltEnvironment: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case built, beingBuilt = "being built", halfBuilt = "half-built"
        /// The environment was built but its Python no longer exists; it is rebuilt before the next use.
        case broken = "its Python is gone"
    }

    package var path: String
    /// The size on disk in bytes.
    package var size: Int
    /// The version of Python, for example `3.11.7`; nil if it is unknown, as for a half-built environment.
    package var python: String?
    /// The provider that built the environment, for example `uv`; nil if it is unknown.
    package var provider: String?
    /// When instances were last started from the environment; for a half-built one, when its build began.
    package var lastUse: Timestamp
    package var state: State
    /// How many of the emulator's deployments use the environment.
    package var users: Int
    /// Whether a process is building the environment, or has instances that use it.
    package var isLocked: Bool

    /// The last part of ``path``.
    fileprivate var name: String { URL(filePath: path).lastPathComponent }

    package var isUsed: Bool { users > 0 || isLocked }

    /// The content of the file that marks an environment as complete.
    private struct Mark: Codable {
        var provider: String
        var python: String?
    }

    static let lockSuffix = ".lock"
    static let condaSuffix = ".yml"
    /// The file that marks an environment as complete.
    private static let mark = "complete"
    /// The file in a deployment's folder that lists the environments it uses.
    private static let use = "environment"

    /// Whether an environment is built and its Python still exists.
    static func isComplete(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(mark)") && access("\(folder)/bin/python", X_OK) == 0
    }

    /// Records that an environment is in use now.
    static func touch(_ folder: String) { utimensat(AT_FDCWD, "\(folder)/\(mark)", nil, 0) }

    /// Marks an environment as built.
    static func complete(_ folder: String, provider: PythonProvider.Kind) throws {
        let version = PythonMachine.here.interpreter(folder + "/bin/python")?.version
        let text = try JSONText.line(Mark(provider: provider.rawValue, python: version))
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(mark)"), options: .atomic)
        try Folder.synchronize(folder)
    }

    /// Records in a deployment's folder which environment it uses.
    ///
    /// The previous environment stays recorded, since a deployment whose update fails is served from it again.
    static func note(_ environment: String, in deployment: String) throws {
        let name = URL(filePath: environment).lastPathComponent
        let earlier = try Self.environments(of: deployment).first { $0 != name }
        let text = [name, earlier].compactMap(\.self).joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(filePath: "\(deployment)/\(use)"), options: .atomic)
    }

    /// The names of the environments that a deployment uses.
    fileprivate static func environments(of deployment: String) throws -> [String] {
        let path = "\(deployment)/\(use)"
        guard FileFacts(path: path)?.isRegular == true else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Removes an environment; the caller must hold its lock.
    static func remove(_ folder: String) throws {
        let files = FileManager.default
        // The mark is removed first, so that the rest of an interrupted removal does not count as built.
        for path in ["\(folder)/\(mark)", folder, folder + condaSuffix] where files.fileExists(atPath: path) {
            try files.removeItem(atPath: path)
        }
    }
}

extension LocalFolder {
    /// The built and half-built environments in this folder.
    package func builtEnvironments() throws -> [BuiltEnvironment] {
        guard FileManager.default.fileExists(atPath: environments) else { return [] }
        let users = try environmentUsers()
        return try FileManager.default.contentsOfDirectory(atPath: environments).sorted().compactMap { name in
            let path = "\(environments)/\(name)"
            guard let facts = FileFacts(path: path), facts.isFolder else { return nil }
            return try BuiltEnvironment(path, facts, users: users[name] ?? 0)
        }
    }

    /// Removes and returns the environments that no deployment uses, except for ones that are being built.
    package func removeUnusedEnvironments() throws -> [BuiltEnvironment] {
        var removed: [BuiltEnvironment] = []
        for environment in try builtEnvironments() where !environment.isUsed {
            let lock = try FileLock(path: environment.path + BuiltEnvironment.lockSuffix)
            // Checked again under the lock, since a deployment may have started to use it.
            guard try lock.tryAcquire(.exclusive), try environmentUsers()[environment.name] == nil else { continue }
            try BuiltEnvironment.remove(environment.path)
            lock.release()
            removed.append(environment)
        }
        return removed
    }

    /// The number of deployments that use each environment, by its name.
    private func environmentUsers() throws -> [String: Int] {
        let files = FileManager.default
        var users: [String: Int] = [:]
        guard files.fileExists(atPath: instances) else { return users }
        for endpoint in try files.contentsOfDirectory(atPath: instances) {
            let endpoint = "\(instances)/\(endpoint)"
            guard FileFacts(path: endpoint)?.isFolder == true else { continue }
            for deployment in try files.contentsOfDirectory(atPath: endpoint) {
                for name in try BuiltEnvironment.environments(of: "\(endpoint)/\(deployment)") {
                    users[name, default: 0] += 1
                }
            }
        }
        return users
    }
}

extension BuiltEnvironment {
    fileprivate init(_ path: String, _ facts: FileFacts, users: Int) throws {
        self.path = path
        self.users = users
        let mark = FileFacts(path: "\(path)/\(Self.mark)")
        lastUse = Timestamp(milliseconds: Int64((mark ?? facts).modified) * 1000)
        size = try Self.size(of: path)
        if let data = FileManager.default.contents(atPath: "\(path)/\(Self.mark)"), !data.isEmpty {
            let mark = try JSONText.decode(Mark.self, from: String(decoding: data, as: UTF8.self))
            (provider, python) = (mark.provider, mark.python)
        }
        let lock = try FileLock(existing: path + Self.lockSuffix)
        isLocked = try lock.map { try !$0.tryAcquire(.exclusive) } ?? false
        lock?.release()
        state = Self.isComplete(path) ? .built : mark != nil ? .broken : isLocked ? .beingBuilt : .halfBuilt
    }

    private static func size(of path: String) throws -> Int {
        guard let facts = FileFacts(path: path) else { return 0 }
        guard facts.isFolder else { return facts.size }
        return try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) { sum, name in
            try sum + size(of: "\(path)/\(name)")
        }
    }
}
