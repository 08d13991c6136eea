import FoundationEssentials
import Rollouts
import SimulatedEndpoints
import Testing

@testable import LocalEndpoints

@Suite("What local paths lead to")
struct LocalContentsTests {
    private func write(_ text: String, _ path: String) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func contents(_ folder: String, _ choice: InstanceChoice? = nil) throws -> LocalContents? {
        try LocalContents(
            of: DeploymentDefinition(
                name: "blue", endpoint: "houses",
                document: [
                    "code_configuration": ["code": "code", "scoring_script": "score.py"],
                    "environment": ["conda_file": "conda.yml", "image": "x"], "model": ["path": "model"],
                ], folder: folder), served: choice)
    }

    private func withFiles(_ body: (String) async throws -> Void) async throws {
        try await ScratchFolder.with { folder in
            try write("one", folder + "/code/score.py")
            try write("helper", folder + "/code/lib/helper.py")
            try write("dependencies: []", folder + "/conda.yml")
            try write("weights", folder + "/model/weights.bin")
            try await body(folder)
        }
    }

    @Test("an edit, a new file, a lost one and another name each make other contents; what Python leaves does not")
    func edits() async throws {
        try await withFiles { folder in
            let first = try #require(try contents(folder))
            #expect(first.code?.utf8.count == 64 && first.environment != nil && first.model != nil)
            try write("compiled", folder + "/code/__pycache__/score.pyc")
            try write("one", folder + "/code/score.py")
            #expect(try contents(folder) == first)
            var seen: Set<LocalContents> = [first]
            for (path, text) in [("code/score.py", "two"), ("code/new.py", ""), ("code/lib/new.py", "")] {
                try write(text, "\(folder)/\(path)")
                #expect(seen.insert(try #require(try contents(folder))).inserted, "\(path)")
            }
            try FileManager.default.moveItem(atPath: folder + "/code/new.py", toPath: folder + "/code/other.py")
            #expect(seen.insert(try #require(try contents(folder))).inserted)
            try FileManager.default.removeItem(atPath: folder + "/code/other.py")
            #expect(seen.insert(try #require(try contents(folder))).inserted)
            try write("dependencies: [pip]", folder + "/conda.yml")
            #expect(try contents(folder)?.environment != first.environment)
            #expect(try contents(folder)?.model == first.model)
            try write("other weights", folder + "/model/weights.bin")
            #expect(try contents(folder)?.model != first.model)
        }
    }

    @Test("what is not used is not read; of a command, the files that its words name")
    func choices() async throws {
        try await withFiles { folder in
            #expect(try contents(folder, .simulate(DeploymentProfile())) == nil)
            #expect(try contents(folder, .command(["python3", "-m", "http.server"])) == nil)
            let words = InstanceChoice.command(["python3", "code/score.py", "--verbose", "/etc/passwd"])
            let first = try #require(try contents(folder, words))
            #expect(first.code == nil && first.command != nil)
            try write("other", folder + "/code/lib/helper.py")
            #expect(try contents(folder, words) == first)
            try write("two", folder + "/code/score.py")
            #expect(try contents(folder, words) != first)
        }
    }

    @Test("links in a circle, and paths that lead nowhere, are refused by name")
    func refusals() async throws {
        try await withFiles { folder in
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/code/again", withDestinationPath: folder + "/code")
            #expect(throws: FileTreeProblem.self) { try contents(folder) }
            try FileManager.default.removeItem(atPath: folder + "/code")
            #expect(throws: ControlError.self) { try contents(folder) }
        }
    }

    @Test("code is copied once under its digest, stays when its folder is edited, and is not taken for another")
    func copies() async throws {
        try await withFiles { folder in
            let store = CodeStore(assets: folder + "/assets")
            let source = folder + "/code"
            let digest = try FileTree(source).digest()
            let copy = try store.copy(digest, of: { source }) { [] }
            #expect(try FileTree(copy).digest() == digest)
            try write("two", source + "/score.py")
            #expect(try String(contentsOfFile: copy + "/score.py", encoding: .utf8) == "one")
            // Found again, without a look at the folder.
            #expect(try store.copy(digest, of: { throw CancellationError() }, inUse: { [] }) == copy)
            let other = String(repeating: "0", count: 64)
            #expect(throws: ControlError.self) { try store.copy(other, of: { source }) { [] } }
            #expect(throws: ControlError.self) { try store.copy("../../x", of: { source }) { [] } }
            let file = folder + "/conda.yml"
            let kept = try store.copy(try FileTree(file).digest(), of: { file }) { [] }
            #expect(try String(contentsOfFile: kept, encoding: .utf8) == "dependencies: []")
        }
    }

    @Test("of copies that nobody uses, the newest are kept")
    func pruning() async throws {
        try await withFiles { folder in
            let store = CodeStore(assets: folder + "/assets")
            var digests: [String] = []
            for number in 0..<70 {
                try write("\(number)", folder + "/code/score.py")
                let digest = try FileTree(folder + "/code").digest()
                digests.append(digest)
                let used = Set(digests.prefix(1))
                _ = try store.copy(digest, of: { folder + "/code" }) { used }
            }
            let kept = Set(try FileManager.default.contentsOfDirectory(atPath: folder + "/assets/code"))
            #expect(kept.count == 64 && kept.contains(digests[0]) && !kept.contains(digests[1]))
            #expect(kept.isSuperset(of: digests.suffix(60)))
        }
    }
}
