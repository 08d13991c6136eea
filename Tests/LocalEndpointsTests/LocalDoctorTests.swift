import Foundation
import RolloutEngine
import RolloutTesting
import Rollouts
import SQLiteState
import Testing

@testable import LocalEndpoints

@Suite("What doctor says of the local endpoints")
struct LocalDoctorTests {
    private func look(_ prepare: (LocalFolder) throws -> Void) async throws -> [Diagnosis] {
        try await withScratchFolder { home in
            let folder = LocalFolder(state: home)
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            try prepare(folder)
            return await LocalDoctor(folder: folder, now: SystemClock().now()).look()
        }
    }

    private func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private let record = """
        {"pid": 4194305, "control": "https://127.0.0.1:1", "data": "http://127.0.0.1:1", "started": 1000}
        """

    @Test("a folder that nobody uses is well")
    func idle() async throws {
        let found = try await look { try write("secret", to: $0.token) }
        #expect(found.allSatisfy { $0.level == .ok })
        #expect(found.contains { $0.subject == "secrets" })
    }

    @Test("a record whose process was killed is worth knowing")
    func stale() async throws {
        let found = try await look { try write(record, to: $0.serveRecord) }
        #expect(found.map(\.level) == [.warning])
        #expect(found.first?.finding.contains("process 4194305") == true)
    }

    @Test("an emulator that has the folder and does not answer is in the way")
    func hung() async throws {
        var lock: FileLock?
        let found = try await look { folder in
            try write(record, to: folder.serveRecord)
            lock = try FileLock(path: folder.serveLock)
            #expect(try lock?.tryAcquire() == true)
        }
        #expect(found.map(\.level) == [.error])
        #expect(found.first?.advice?.contains("kill -9 4194305") == true)
        lock?.release()
    }

    @Test("an emulator that answers is shown with its users and with when it leaves")
    func serving() async throws {
        try await withScratchFolder { home in
            let folder = LocalFolder(state: home)
            let doctor = LocalDoctor(folder: folder, now: SystemClock().now())
            var record = ServeRecord(
                pid: 7, control: "https://127.0.0.1:1", data: "http://127.0.0.1:2", started: Timestamp(milliseconds: 0),
                program: .current)
            #expect(try doctor.words(on: record).hasSuffix("used by no process; it runs until it is stopped"))
            record.idle = .minutes(5)
            let use = try EmulatorUse(of: folder, for: "turnout run x", at: Timestamp(milliseconds: 0))
            #expect(
                try doctor.words(on: record).contains(
                    "used by turnout run x (process \(getpid())); it stops after being unused for 5m"))
            try use.rename("run x-1")
            #expect(try doctor.words(on: record).contains("used by run x-1 (process"))
            use.end()
            _ = try FileLock(path: folder.serveLock)
            #expect(try doctor.words(on: record).contains("used by no process; it stops at"))
            record.program?.version = "0.0.1"
            #expect(doctor.otherProgram(record).first?.finding.contains("Turnout 0.0.1") == true)
        }
    }

    @Test("environments are listed with how to remove them; --clean removes those that no deployment uses")
    func environments() async throws {
        try await withScratchFolder { home in
            let folder = LocalFolder(state: home)
            try FileManager.default.createDirectory(
                atPath: folder.environments + "/half", withIntermediateDirectories: true)
            let listed = EnvironmentsDoctor(folder: folder, cleans: false).look()
            #expect(listed.map(\.level) == [.warning])
            #expect(listed.first?.finding.contains("half: 0 MiB, half-built, last used") == true)
            #expect(listed.first?.finding.hasSuffix("used by no deployment") == true)
            #expect(listed.first?.advice == "run `turnout doctor --clean` to remove it")
            let details = try #require(listed.first?.details)
            #expect(details["path"] == .string(folder.environments + "/half"))
            #expect(details["state"] == "half-built" && details["bytes"] == 0 && details["used_by"] == 0)
            #expect(details["python"] == .null)
            let cleaned = EnvironmentsDoctor(folder: folder, cleans: true).look()
            #expect(cleaned.map(\.finding) == ["removed \(folder.environments)/half (0 MiB, half-built)"])
            #expect(EnvironmentsDoctor(folder: folder, cleans: true).look().isEmpty)
        }
    }

    @Test("a token that others can read, and a certificate that is none, are in the way")
    func files() async throws {
        let found = try await look { folder in
            try write("secret", to: folder.token, mode: 0o644)
            try write("nonsense", to: folder.certificate)
        }
        #expect(found.filter { $0.level == .error }.map(\.subject) == ["secrets", "certificate"])
        #expect(found.allSatisfy { $0.level == .ok || $0.advice != nil })
    }
}
