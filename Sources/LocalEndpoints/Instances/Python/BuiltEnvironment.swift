internal import AzureEndpoints
internal import FoundationEssentials
package import Rollouts
internal import SQLiteState

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// An environment of Python in the emulator's folder, built or half-built.
package struct BuiltEnvironment: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case built, beingBuilt = "being built", halfBuilt = "half-built"
        /// Built, and built anew before it is next used.
        case broken = "its Python is gone"
    }

    package var path: String
    /// Bytes on disk.
    package var size: Int
    /// `3.11.7`; nil where it is not known, as of a half-built one.
    package var python: String?
    /// `uv`; nil where it is not known.
    package var provider: String?
    /// When the instances of a deployment were last started from it; of a half-built one, when its build began.
    package var lastUse: Timestamp
    package var state: State
    /// How many deployments of the emulator are made from it.
    package var users: Int
    /// Whether a process is building it, or has instances that use it.
    package var isLocked: Bool

    /// The last part of ``path``.
    fileprivate var name: String { URL(filePath: path).lastPathComponent }

    package var isUsed: Bool { users > 0 || isLocked }

    /// What is written into it when it is complete.
    private struct Mark: Codable {
        var provider: String
        var python: String?
    }

    static let lockSuffix = ".lock"
    static let condaSuffix = ".yml"
    /// The file that makes it count as built.
    private static let mark = "complete"
    /// In a deployment's folder, the path of the environment that it is made from.
    private static let use = "environment"

    /// True for one that is built, and whose Python has not been taken away since.
    static func isComplete(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(mark)") && access("\(folder)/bin/python", X_OK) == 0
    }

    /// Notes that it is used now.
    static func touch(_ folder: String) { utimensat(AT_FDCWD, "\(folder)/\(mark)", nil, 0) }

    /// Notes that it is built.
    static func complete(_ folder: String, provider: PythonProvider.Kind) throws {
        let version = PythonMachine.here.interpreter(folder + "/bin/python")?.version
        let text = try JSONText.line(Mark(provider: provider.rawValue, python: version))
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(mark)"), options: .atomic)
        try Folder.synchronize(folder)
    }

    /// Notes in a deployment's folder which environment it is made from.
    ///
    /// The one before stays noted: a deployment that fails is served by it again.
    static func note(_ environment: String, in deployment: String) throws {
        let name = URL(filePath: environment).lastPathComponent
        let earlier = try Self.environments(of: deployment).first { $0 != name }
        let text = [name, earlier].compactMap(\.self).joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(filePath: "\(deployment)/\(use)"), options: .atomic)
    }

    /// The names of the environments that a deployment is made from.
    fileprivate static func environments(of deployment: String) throws -> [String] {
        let path = "\(deployment)/\(use)"
        guard FileFacts(path: path)?.isRegular == true else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Removes an environment, whose lock the caller has.
    static func remove(_ folder: String) throws {
        let files = FileManager.default
        // First, so that what is left of an interrupted removal does not count as built.
        for path in ["\(folder)/\(mark)", folder, folder + condaSuffix] where files.fileExists(atPath: path) {
            try files.removeItem(atPath: path)
        }
    }
}

extension LocalFolder {
    /// The environments that were built here, or half-built.
    package func builtEnvironments() throws -> [BuiltEnvironment] {
        guard FileManager.default.fileExists(atPath: environments) else { return [] }
        let users = try environmentUsers()
        return try FileManager.default.contentsOfDirectory(atPath: environments).sorted().compactMap { name in
            let path = "\(environments)/\(name)"
            guard let facts = FileFacts(path: path), facts.isFolder else { return nil }
            return try BuiltEnvironment(path, facts, users: users[name] ?? 0)
        }
    }

    /// Removes those that no deployment uses, and returns them; one that is being built stays.
    package func removeUnusedEnvironments() throws -> [BuiltEnvironment] {
        var removed: [BuiltEnvironment] = []
        for environment in try builtEnvironments() where !environment.isUsed {
            let lock = try FileLock(path: environment.path + BuiltEnvironment.lockSuffix)
            // Looked at again under the lock: a deployment may have begun to use it.
            guard try lock.tryAcquire(.exclusive), try environmentUsers()[environment.name] == nil else { continue }
            try BuiltEnvironment.remove(environment.path)
            lock.release()
            removed.append(environment)
        }
        return removed
    }

    /// How many deployments are made from each environment, by its name.
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
