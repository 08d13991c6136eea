import Dispatch
import Foundation
import HTTPTransport
import LocalEndpoints
import Programs
import Rollouts
import Synchronization
import Testing

@Suite("Hundreds of programs", .integration, .serialized, .timeLimit(.minutes(5)))
struct ProgramStressTests {
    /// One program of each kind, by its number.
    private func run(_ number: Int) async throws {
        let bytes = Mutex<[UInt8]>([])
        func text() -> String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
        func launch(_ script: String, grace: Duration? = nil) -> ProgramLaunch {
            ProgramLaunch(["/bin/sh", "-c", script], grace: grace)
        }
        switch number % 6 {
        case 0:
            let end = try await launch("echo \(number); exit 3").run { chunk in bytes.withLock { $0 += chunk } }
            #expect(end == .exited(3) && text() == "\(number)\n")
        case 1:
            let end = try await launch("head -c 200000 /dev/zero; sleep 2 & echo end >&2")
                .run { chunk in bytes.withLock { $0 += chunk } }
            #expect(end == .exited(0) && bytes.withLock(\.count) == 200_004)
        case 2:
            let task = Task { try await launch("sleep 60; true", grace: .seconds(30)).run { _ in } }
            try await Task.sleep(for: .milliseconds(Int64.random(in: 0...10)))
            task.cancel()
            #expect(try await task.value == .signalled(15))
        case 3:
            let task = Task { try await launch("kill -STOP $$").run { _ in } }
            try await Task.sleep(for: .milliseconds(Int64.random(in: 0...10)))
            task.cancel()
            #expect(try await task.value == .signalled(9))
        case 4:
            await #expect(throws: ProgramProblem.self) { try await ProgramLaunch(["no-such-program"]).run { _ in } }
        default:
            #expect(
                try await launch("echo \(number); echo no >&2").printed(within: .seconds(60))?.output == "\(number)\n")
            #expect(try await launch("sleep 60").printed(within: .milliseconds(5)) == nil)
        }
    }

    /// Descriptors that come and go, as those of connections and of dispatch do: one that is closed twice is another's.
    private func churn(_ record: ServeRecord) async throws {
        let transport = try NetworkTransport()
        #expect(try await transport.exchange(HTTPRequest(.get, record.data + "/healthz")).status == 200)
        await transport.close()
        let pipe = Pipe()
        let source = DispatchSource.makeReadSource(fileDescriptor: pipe.fileHandleForReading.fileDescriptor)
        await withCheckedContinuation { continuation in
            source.setEventHandler { source.cancel() }
            source.setCancelHandler { continuation.resume() }
            source.activate()
            pipe.fileHandleForWriting.write(Data([1]))
        }
        #expect(pipe.fileHandleForReading.availableData == Data([1]))
    }

    @Test("beside a running emulator, each ends as it should, and nothing of this process is closed by another's end")
    func beside() async throws {
        try await EmulatorFixture.with { emulator in
            let before = try open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<16 {
                    group.addTask { for round in 0..<50 { try await run(worker * 50 + round) } }
                }
                for _ in 0..<4 {
                    group.addTask { for _ in 0..<200 { try await churn(emulator.record) } }
                }
                try await group.waitForAll()
            }
            // What dispatch and connections keep for later, and no descriptors of programs.
            #expect(try open() < before + 40)
        }
    }

    private func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
}
