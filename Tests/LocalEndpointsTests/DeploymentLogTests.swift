import Dispatch
import FoundationEssentials
import RolloutEngine
import Rollouts
import SQLiteState
import Testing

@testable import LocalEndpoints

@Suite("Deployment logs")
struct DeploymentLogTests {
    private func line(_ number: Int, _ text: String? = nil) -> LogLine {
        LogLine(
            at: Timestamp(milliseconds: Int64(number)), instance: number % 2 == 0 ? nil : "instance-\(number % 3)",
            text: text ?? "line \(number)")
    }

    private func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-log-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
        }
        return try await body(folder)
    }

    @Test("what was appended is read at once, from the buffer and from the file, in order")
    func tail() async throws {
        try await withFolder { folder in
            let log = try DeploymentLog(path: folder + "/log")
            for number in 0..<10 { log.append(line(number)) }
            #expect(try log.tail(3) == (7..<10).map { line($0) })
            await log.flush()
            for number in 10..<15 { log.append(line(number)) }
            #expect(try log.tail(100) == (0..<15).map { line($0) })
            #expect(try log.tail(6) == (9..<15).map { line($0) })
            #expect(try log.tail(0) == [])
            await log.flush()
            #expect(try DeploymentLog(path: folder + "/log").tail(2) == (13..<15).map { line($0) })
        }
    }

    @Test(
        "text comes back as it was, whatever is in it",
        arguments: ["", "a\tb", "two\nlines\r\n", #"C:\new\table"#, "\\", "Zürich ⏎ 🚦", "\u{1B}[31mred"])
    func text(_ text: String) {
        var bytes: [UInt8] = []
        LogLineText.append(line(1, text), to: &bytes)
        #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(LogLineText.line(bytes.dropLast()) == line(1, text))
    }

    @Test("half a line, as a crash leaves it, is not read and spoils no other")
    func halfLine() async throws {
        try await withFolder { folder in
            try Data("1\t\tone\n2\tinsta".utf8).write(to: URL(filePath: folder + "/log"))
            let log = try DeploymentLog(path: folder + "/log")
            log.append(line(4))
            await log.flush()
            #expect(try log.tail(10) == [LogLine(at: Timestamp(milliseconds: 1), text: "one"), line(4)])
        }
    }

    @Test("a full file is put beside the new one, and the tail spans both")
    func rotation() async throws {
        try await withFolder { folder in
            var file = try LogFile(path: folder + "/log", limit: 1000)
            for number in 0..<200 {
                var bytes: [UInt8] = []
                LogLineText.append(line(number), to: &bytes)
                file.write(bytes)
            }
            let sizes = try ["/log", "/log.1"].map { try Data(contentsOf: URL(filePath: folder + $0)).count }
            #expect(sizes.allSatisfy { $0 <= 1000 })
            let tail = try file.tail(60)
            #expect(tail == (140..<200).map { line($0) })
        }
    }

    @Test("lines longer than a block and files of many blocks are read from the end")
    func blocks() async throws {
        try await withFolder { folder in
            var file = try LogFile(path: folder + "/log")
            var bytes: [UInt8] = []
            for number in 0..<3000 {
                LogLineText.append(line(number, String(repeating: "x", count: number % 500)), to: &bytes)
            }
            file.write(bytes)
            #expect(bytes.count > 1 << 19)
            let tail = try file.tail(2900)
            #expect(tail.map(\.at.milliseconds) == (100..<3000).map(Int64.init))
        }
    }

    @Test("where nothing can be written the lines are counted, and the count stands where they are missing")
    func full() async throws {
        // Every write to it fails with "no space left on device".
        var file = try LogFile(path: "/dev/full")
        var bytes: [UInt8] = []
        for number in 0..<5 { LogLineText.append(line(number), to: &bytes) }
        file.write(bytes)
        #expect(file.lostLines == 5)
        try await withFolder { folder in
            var file = try LogFile(path: folder + "/log")
            file.lose(7, because: "the disk was full")
            file.write(bytes)
            let tail = try file.tail(10)
            #expect(tail.first?.text == "7 lines of this log were lost: the disk was full")
            #expect(tail.count == 6)
            #expect(file.lostLines == 0)
        }
    }

    @Test("of more requests than a second may have lines for, the rest is counted and told")
    func requests() async throws {
        try await withFolder { folder in
            let log = try DeploymentLog(path: folder + "/log")
            let limit = RequestLineLimit.linesPerSecond
            for number in 0..<(limit + 500) {
                log.appendRequest(at: Timestamp(milliseconds: 5000), instance: nil, text: "request \(number)")
            }
            log.appendRequest(at: Timestamp(milliseconds: 6000), instance: nil, text: "next second")
            let tail = try log.tail(limit * 2)
            #expect(tail.count == limit + 2)
            #expect(tail.dropLast().last?.text.hasPrefix("500 more requests") == true)
        }
    }

    @Test("lines that come faster than they can be kept are dropped, counted and told")
    func flood() async throws {
        try await withFolder { folder in
            let log = try DeploymentLog(path: folder + "/log", delay: .seconds(3600))
            let text = String(repeating: "x", count: 8000)
            for number in 0..<20_000 { log.append(line(number, text)) }
            await log.flush()
            log.append(line(1, "after"))
            await log.flush()
            #expect(try log.tail(2).first?.text.contains("came faster") == true)
        }
    }
}
