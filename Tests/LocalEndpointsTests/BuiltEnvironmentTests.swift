import Foundation
import SQLiteState
import Testing

@testable import LocalEndpoints

@Suite("Environments that were built")
struct BuiltEnvironmentTests {
    private func with(_ body: (LocalFolder) throws -> Void) throws {
        let state = FileManager.default.temporaryDirectory.path + "/turnout-environments-\(UUID().uuidString)"
        defer {
            do { try FileManager.default.removeItem(atPath: state) } catch { Issue.record(error) }
        }
        let folder = LocalFolder(state: state)
        try FileManager.default.createDirectory(atPath: folder.environments, withIntermediateDirectories: true)
        try body(folder)
    }

    @discardableResult
    private func make(_ name: String, in folder: LocalFolder, isComplete: Bool = true, isBroken: Bool = false) throws
        -> String
    {
        let path = "\(folder.environments)/\(name)"
        try FileManager.default.createDirectory(atPath: path + "/lib", withIntermediateDirectories: true)
        try Data(repeating: 1, count: 1000).write(to: URL(filePath: path + "/lib/module.py"))
        guard isComplete, !FileManager.default.fileExists(atPath: path + "/bin") else { return path }
        try FileManager.default.createDirectory(atPath: path + "/bin", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: path + "/bin/python", withDestinationPath: "/bin/\(isBroken ? "gone" : "sh")")
        try BuiltEnvironment.complete(path, provider: .uv)
        return path
    }

    private func deployment(_ incarnation: String, in folder: LocalFolder) throws -> String {
        let path = folder.instances(endpoint: "E", incarnation: incarnation)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test("they are listed with their size, state, provider and users; a folder that is not there has none")
    func list() throws {
        try with { folder in
            try BuiltEnvironment.note(make("used", in: folder), in: deployment("1", in: folder))
            try make("half", in: folder, isComplete: false)
            try make("broken", in: folder, isBroken: true)
            let all = try folder.builtEnvironments()
            #expect(all.map(\.path) == ["broken", "half", "used"].map { "\(folder.environments)/\($0)" })
            #expect(all.map(\.state) == [.broken, .halfBuilt, .built])
            #expect(all.map(\.users) == [0, 0, 1])
            #expect(all.map(\.isUsed) == [false, false, true])
            #expect(all[2].provider == "uv")
            #expect(all[2].size >= 1000)
        }
        #expect(try LocalFolder(state: "/nowhere").builtEnvironments() == [])
    }

    @Test("those that no deployment uses are removed, half-built ones and their conda files too")
    func remove() throws {
        try with { folder in
            let used = try make("used", in: folder)
            try BuiltEnvironment.note(used, in: deployment("1", in: folder))
            let half = try make("half", in: folder, isComplete: false)
            try Data("x".utf8).write(to: URL(filePath: half + BuiltEnvironment.condaSuffix))
            try make("unused", in: folder)
            #expect(try folder.removeUnusedEnvironments().map(\.path).count == 2)
            #expect(try folder.builtEnvironments().map(\.path) == [used])
            #expect(!FileManager.default.fileExists(atPath: half + BuiltEnvironment.condaSuffix))
        }
    }

    @Test("one that is being built, or that instances run from, stays", arguments: [FileLock.Mode.shared, .exclusive])
    func locked(mode: FileLock.Mode) throws {
        try with { folder in
            let path = try make("a", in: folder, isComplete: mode == .shared)
            let lock = try FileLock(path: path + BuiltEnvironment.lockSuffix)
            #expect(try lock.tryAcquire(mode))
            #expect(try folder.builtEnvironments().map(\.isLocked) == [true])
            #expect(try folder.removeUnusedEnvironments() == [])
            lock.release()
            #expect(try folder.removeUnusedEnvironments().map(\.path) == [path])
        }
    }

    @Test("a deployment keeps the environment before the last one, and no earlier one")
    func note() throws {
        try with { folder in
            let deployment = try deployment("1", in: folder)
            for name in ["a", "b", "b", "c"] { try BuiltEnvironment.note(make(name, in: folder), in: deployment) }
            #expect(try folder.removeUnusedEnvironments().map(\.path) == ["\(folder.environments)/a"])
        }
    }
}
