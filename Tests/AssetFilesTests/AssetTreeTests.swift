import Foundation
import Rollouts
import Testing

@testable import AssetFiles

@Suite("Files of an asset")
struct AssetTreeTests {
    @Test("P20 hashes and lists of uploads are those of azure-ai-ml", arguments: Recorded.all.trees.indices)
    func parity(index: Int) throws {
        let recorded = Recorded.all.trees[index]
        try withScratch { folder in
            let tree = try AssetTree(try recorded.make(in: folder))
            #expect(tree.files.map(\.path).sorted() == recorded.files, "\(recorded.name)")
            let hashes = try tree.hashes()
            #expect(hashes.content == recorded.content, "\(recorded.name)")
            #expect(hashes.object == recorded.object, "\(recorded.name)")
        }
    }

    @Test("P20 the hashes of a single file are those of azure-ai-ml, and so is the name of its model")
    func file() throws {
        try withScratch { folder in
            try write("one\n", folder + "/model.bin")
            let hashes = try AssetTree(folder + "/model.bin").hashes()
            #expect(hashes.content == Recorded.all.file.content && hashes.object == Recorded.all.file.object)
            #expect(sha256(hashes.object) == Recorded.all.file.name)
        }
    }

    @Test("patterns exclude what azure-ai-ml excludes", arguments: Recorded.all.ignore.indices)
    func patterns(index: Int) throws {
        let recorded = Recorded.all.ignore[index]
        guard let paths = recorded.paths else {
            #expect(throws: AssetProblem.self, "\(recorded.patterns)") {
                for pattern in recorded.patterns { _ = try IgnorePattern(pattern) }
            }
            return
        }
        let patterns = try recorded.patterns.compactMap { try IgnorePattern($0) }
        let excluded = paths.filter { path in
            patterns.last { $0.matches(Array(path.unicodeScalars)) }?.excludes ?? false
        }
        #expect(excluded == recorded.excluded, "\(recorded.patterns)")
    }

    @Test("a link that leads nowhere is no file, and changes no hash")
    func danglingLink() throws {
        try withScratch { folder in
            try write("1", folder + "/code/score.py")
            let before = try AssetTree(folder + "/code").hashes()
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/code/.#score.py", withDestinationPath: "somebody@host.123:456")
            let tree = try AssetTree(folder + "/code")
            #expect(tree.files.map(\.path) == ["score.py"])
            #expect(try tree.hashes() == before)
        }
    }

    @Test("a link in a circle is refused by name, and left out if it is ignored")
    func circle() throws {
        try withScratch { folder in
            try write("1", folder + "/code/score.py")
            try FileManager.default.createSymbolicLink(atPath: folder + "/code/again", withDestinationPath: ".")
            let problem = #expect(throws: AssetProblem.self) { try AssetTree(folder + "/code") }
            #expect(problem?.message.contains("/again is a link to a folder that contains it") == true)
            try write("again\n", folder + "/code/.amlignore")
            #expect(try AssetTree(folder + "/code").files.count == 2)
            _ = try AssetTree(folder + "/code").hashes()
        }
    }

    @Test("an ignore file with a pattern that is not valid is named with its line")
    func invalidPattern() throws {
        try withScratch { folder in
            try write("data/\nfoo\\\n", folder + "/code/.amlignore")
            let problem = #expect(throws: AssetProblem.self) { try AssetTree(folder + "/code") }
            #expect(problem?.message.contains("/.amlignore:2: ") == true)
        }
    }

    @Test("P20 what changes while it is uploaded is noticed")
    func changing() throws {
        try withScratch { folder in
            try write("1", folder + "/code/score.py")
            let tree = try AssetTree(folder + "/code")
            #expect(try tree.isUnchanged())
            try write("2", folder + "/code/score.py")
            #expect(try !tree.isUnchanged())
        }
    }

    @Test("P20 a large file is read again after a change that keeps its size and its time")
    func cache() throws {
        try withScratch { folder in
            let path = folder + "/model.bin"
            var bytes = Data(repeating: 1, count: 17 << 20)
            try bytes.write(to: URL(filePath: path))
            let old = Date(timeIntervalSince1970: 1_000_000)
            try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
            let cache = DigestCache(path: folder + "/digests.json")
            let first = try cache.hashes(of: AssetTree(path))
            bytes[5] = 2
            try bytes.write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
            #expect(try cache.hashes(of: AssetTree(path)) != first)
        }
    }
}
