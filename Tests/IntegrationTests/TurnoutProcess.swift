import Foundation
import Testing

extension Trait where Self == ConditionTrait {
    /// For tests that start processes; the project's own check sets the variable.
    static var integration: ConditionTrait {
        .enabled(if: environment["TURNOUT_INTEGRATION"] != nil, "set TURNOUT_INTEGRATION=1 to run it")
    }
}

let environment = ProcessInfo.processInfo.environment

/// A scratch `TURNOUT_HOME` with the stock playbooks, and the built program to be run in it.
struct TurnoutHome: Sendable {
    let path: String
    /// What `TURNOUT_BACKEND` says to its programs.
    let backend: String
    /// What else stands in their environment.
    var variables: [String: String] = [:]

    struct Ended: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Beside the running test bundle.
    static let program: String = {
        let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        return bundle.appendingPathComponent("turnout").path
    }()

    static let repository: URL = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func with<Result>(backend: String = "simulated", _ body: (TurnoutHome) async throws -> Result) async throws
        -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("turnout-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            endEmulator(of: folder.path)
            do {
                try FileManager.default.removeItem(at: folder)
            } catch {
                print("left \(folder.path): \(error)")
            }
        }
        try FileManager.default.copyItem(
            at: repository.appendingPathComponent("Playbooks"), to: folder.appendingPathComponent("Playbooks"))
        return try await body(TurnoutHome(path: folder.path, backend: backend))
    }

    /// Ends the emulator that programs of the home have left in the background.
    private static func endEmulator(of home: String) {
        guard let process = emulator(of: home) else { return }
        kill(process, SIGKILL)
        let deadline = Date(timeIntervalSinceNow: 10)
        while emulator(of: home) == process, Date() < deadline { Thread.sleep(forTimeInterval: 0.005) }
    }

    /// The emulator in the background; its lock names it before its record does.
    var emulator: Int32? { Self.emulator(of: path) }

    private static func emulator(of home: String) -> Int32? {
        guard let text = try? String(contentsOfFile: home + "/state/local/serve.lock", encoding: .utf8),
            let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return nil }
        return emulators(of: home).contains(process) ? process : nil
    }

    /// Every process that serves the home in the background, the one that has its lock or not.
    static func emulators(of home: String) -> [Int32] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
        return processes.filter { process in
            guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
                String(decoding: line, as: UTF8.self).contains("--detached"),
                let variables = FileManager.default.contents(atPath: "/proc/\(process)/environ")
            else { return false }
            return String(decoding: variables, as: UTF8.self).split(separator: "\0")
                .contains("TURNOUT_STATE=\(home)/state")
        }
    }

    /// Runs `turnout` with `words` to its end, under `wrapper` if there is one; output is kept in files, which never
    /// block a process.
    func run(_ words: String..., under wrapper: [String] = []) throws -> Ended {
        try run(words, under: wrapper)
    }

    func run(
        _ words: [String], under wrapper: [String] = [], in extra: [String: String] = [:],
        within limit: TimeInterval = 120
    ) throws -> Ended {
        let started = try start(words, under: wrapper, in: extra)
        return try started.wait(limit)
    }

    struct Started {
        let process: Process
        let output: String
        let errors: String

        /// Waits for the end, at most `limit` seconds.
        func wait(_ limit: TimeInterval = 120) throws -> Ended {
            let deadline = Date(timeIntervalSinceNow: limit)
            while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.002) }
            if process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                let said = try String(contentsOfFile: output, encoding: .utf8)
                Issue.record("\(process.arguments ?? []) did not end; it said last: \(said.suffix(2000))")
            }
            process.waitUntilExit()
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            return Ended(
                status: status, output: try String(contentsOfFile: output, encoding: .utf8),
                errors: try String(contentsOfFile: errors, encoding: .utf8))
        }

        func signal(_ signal: Int32) { kill(process.processIdentifier, signal) }
    }

    /// `extra` variables go before those of every program of the home.
    func start(_ words: [String], under wrapper: [String] = [], in extra: [String: String] = [:]) throws -> Started {
        let process = Process()
        let line = wrapper + [Self.program] + words
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = line
        // An emulator that a test leaves behind, because it was killed itself, does not stay.
        let own = ["TURNOUT_HOME": path, "TURNOUT_BACKEND": backend, "NO_COLOR": "1", "TURNOUT_SERVE_IDLE": "30s"]
        process.environment = environment.merging(own) { _, new in new }.merging(variables) { _, new in new }
            .merging(extra) { _, new in new }
        let output = "\(path)/\(UUID().uuidString).out"
        let errors = "\(path)/\(UUID().uuidString).err"
        for file in [output, errors] { try Data().write(to: URL(fileURLWithPath: file)) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        try process.run()
        return Started(process: process, output: output, errors: errors)
    }

    func write(_ text: String, to file: String) throws {
        try text.write(toFile: "\(path)/\(file)", atomically: true, encoding: .utf8)
    }

    func read(_ file: String) throws -> String { try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8) }

    /// The JSON that a command prints.
    func json<Value: Decodable>(_ type: Value.Type = Value.self, _ words: String...) throws -> Value {
        let ended = try run(words + ["--json"])
        return try JSONDecoder().decode(type, from: Data(ended.output.utf8))
    }

    struct Status: Decodable, Equatable {
        struct Stage: Decodable, Equatable {
            var name: String
            var status: String
            var reason: String?
        }
        struct Traffic: Decodable, Equatable {
            var wanted: [String: Int]
            var actual: [String: Int]
        }
        var run: String
        var status: String
        var stages: [Stage]
        var traffic: Traffic
        var reason: String?
    }

    struct Entry: Decodable, Equatable {
        var change: String
        var hadEffect: Bool

        enum CodingKeys: String, CodingKey {
            case change
            case hadEffect = "had_effect"
        }
    }

    func status(_ run: String) throws -> Status { try json(Status.self, "status", run) }

    /// The changes of the endpoint that had an effect, in order.
    func effects() throws -> [String] {
        try json([Entry].self, "endpoint", "history").filter(\.hadEffect).map(\.change)
    }
}

/// Waits for what another process does, a minute at most.
func wait(until condition: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while try !condition() {
        guard Date() < deadline else {
            Issue.record("it never happened")
            return
        }
        Thread.sleep(forTimeInterval: 0.05)
    }
}
