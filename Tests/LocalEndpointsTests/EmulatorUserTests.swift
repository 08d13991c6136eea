import Foundation
import Rollouts
import SQLiteState
import Testing

@testable import LocalEndpoints

@Suite("Who uses an emulator")
struct EmulatorUserTests {
    private func with(_ body: (LocalFolder) throws -> Void) throws {
        let state = FileManager.default.temporaryDirectory.path + "/turnout-users-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(atPath: state) } catch { Issue.record(error) } }
        try body(LocalFolder(state: state))
    }

    @Test("users are listed from their registration to their end, and none leaves while there is one")
    func users() throws {
        try with { folder in
            #expect(try EmulatorUser.all(in: folder).isEmpty)
            let first = try EmulatorUse(of: folder, for: "a", at: Timestamp(milliseconds: 1))
            let second = try EmulatorUse(of: folder, for: "b", keeps: true, at: Timestamp(milliseconds: 2))
            #expect(try EmulatorUser.all(in: folder).map(\.purpose) == ["a", "b"])
            #expect(try EmulatorUser.all(in: folder).map(\.keeps) == [false, true])
            try first.rename("c")
            #expect(try EmulatorUser.all(in: folder).map(\.purpose) == ["c", "b"])
            #expect(try EmulatorUse.ifUnused(folder) { 1 } == nil)
            first.end()
            second.end()
            #expect(try EmulatorUser.all(in: folder).isEmpty)
            #expect(try EmulatorUse.ifUnused(folder) { 1 } == 1)
        }
    }

    @Test("a file whose process has ended is no user, and is removed by the next one")
    func stale() throws {
        try with { folder in
            let use = try EmulatorUse(of: folder, for: "a", at: Timestamp(milliseconds: 1))
            let stale = folder.users + "/1-ff.json"
            try FileManager.default.copyItem(atPath: use.path, toPath: stale)
            #expect(try EmulatorUser.all(in: folder).count == 1)
            let next = try EmulatorUse(of: folder, for: "b", at: Timestamp(milliseconds: 2))
            #expect(!FileManager.default.fileExists(atPath: stale))
            next.end()
            use.end()
        }
    }

    @Test("the record is read with what an older program did not write, and a broken one is named")
    func record() throws {
        try with { folder in
            try folder.create()
            let old = #"{"pid": 7, "control": "https://h:1", "data": "http://h:2", "started": 5}"#
            try Data(old.utf8).write(to: URL(filePath: folder.serveRecord))
            #expect(try ServeRecord.read(folder)?.program == nil)
            try Data("{".utf8).write(to: URL(filePath: folder.serveRecord))
            #expect(throws: EmulatorError.self) { try ServeRecord.read(folder) }
        }
    }
}
