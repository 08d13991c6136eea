import FoundationEssentials
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Access log")
struct AccessLogTests {
    @Test("a file has every line in order, is its owner's alone, and is appended to")
    func file() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/turnout-access-\(UUID().uuidString).log"
        defer {
            do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
        }
        let state = DeploymentState(endpoint: "houses", deployment: "blue", incarnation: "1")
        for round in 0..<2 {
            let log = try #require(try AccessLog(.file(path: path)))
            for number in 0..<2000 {
                log.append(
                    at: Timestamp(milliseconds: Int64(number)), to: state, by: number == 0 ? nil : "instance-0",
                    "POST /score 200 request \(round)-\(number)")
            }
            await log.flush()
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 4000)
        #expect(lines.first == "1970-01-01T00:00:00.000Z houses/blue - POST /score 200 request 0-0")
        #expect(lines.last == "1970-01-01T00:00:01.999Z houses/blue instance-0 POST /score 200 request 1-1999")
        #expect(try ScratchFolder.mode(path) == 0o600)
    }

    @Test("what cannot be written is counted, and told once something can be written again")
    func loss() async throws {
        let log = try #require(try AccessLog(.file(path: "/dev/full")))
        log.append("one\n")
        await log.flush()
        #expect(log.lostLines == 1)
        log.append("two\n")
        await log.flush()
        #expect(log.lostLines == 2)
    }

    @Test("no place of its own, no log; a file that cannot be had is an error that names it")
    func places() throws {
        #expect(try AccessLog(.deployments) == nil)
        #expect(try AccessLog(.nowhere) == nil)
        #expect(throws: EmulatorError.self) { try AccessLog(.file(path: "/no/such/folder/x.log")) }
    }
}
