import Foundation
import Testing

/// A whole run whose process is killed, or whose writes fail, at every k-th call.
///
/// A sample of k by default; `TURNOUT_SWEEP=full` takes every one. Needs strace.
@Suite("Sweep of faults", .integration, .serialized, .timeLimit(.minutes(60)))
struct SweepTests {
    private static let isFull = environment["TURNOUT_SWEEP"] == "full"

    @Test(
        "P1 P4 killed at a write or a flush, the run is resumed to the same end", arguments: ["pwrite64", "fdatasync"])
    func killed(call: String) async throws {
        try await sweep(call) { "signal=KILL:when=\($0)" }
    }

    @Test(
        "P14 a write or a flush that fails ends the process, and the run is resumed to the same end",
        arguments: ["pwrite64", "fdatasync"], ["EIO", "ENOSPC"])
    func failing(call: String, error: String) async throws {
        try await sweep(call, allowed: [0, 74]) { "error=\(error):when=\($0)" }
    }

    private func sweep(
        _ call: String, allowed: Set<Int32> = [], fault: @escaping @Sendable (Int) -> String
    ) async throws {
        let (count, expected) = try await TurnoutHome.with { home throws in
            let trace = "\(home.path)/trace"
            let ended = try home.run(
                ["run", "safe-rollout", "--approve", "all"],
                under: ["strace", "-f", "-o", trace, "-e", "trace=\(call)"])
            #expect(ended.status == 0, "\(ended.errors)")
            let lines = try home.read("trace").split(separator: "\n").filter { $0.contains("\(call)(") }
            return (lines.count, try home.effects())
        }
        try #require(count > 10)
        // The first calls make the journal, one unlike the other.
        let sample = Set(1...4).union(stride(from: 1, through: count, by: max(count / 5, 1)))
        // Two at a time: each spends half of its time at waiting for the disk.
        try await eachOf(Self.isFull ? Array(1...count) : sample.sorted(), atOnce: 2) { k in
            try await TurnoutHome.with { home throws in
                let ended = try home.run(
                    ["run", "safe-rollout", "--approve", "all"],
                    under: [
                        "strace", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(call):\(fault(k))",
                    ])
                if !allowed.isEmpty {
                    #expect(allowed.contains(ended.status), "\(call) \(k): \(ended.status) \(ended.errors)")
                }
                try finish(home, "\(call) \(k)")
                #expect(try home.effects() == expected, "\(call) \(k)")
                #expect(try home.run("events", "safe-rollout-1", "--verify").status == 0, "\(call) \(k)")
                #expect(try home.run("doctor").status == 0, "\(call) \(k)")
            }
        }
    }

    private func eachOf(
        _ points: [Int], atOnce limit: Int, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, point) in points.enumerated() {
                if index >= limit { try await group.next() }
                group.addTask { try await body(point) }
            }
            try await group.waitForAll()
        }
    }

    /// Goes on until the run has ended, as a person would who types what the last message says.
    private func finish(_ home: TurnoutHome, _ place: String) throws {
        for _ in 0..<3 {
            let isThere = try home.run("status", "safe-rollout-1").status == 0
            let ended = try home.run(
                isThere ? ["resume", "safe-rollout-1"] : ["run", "safe-rollout", "--approve", "all"])
            if ended.status == 0 { break }
            Issue.record("\(place): \(ended.status) \(ended.errors)")
        }
        let status = try home.status("safe-rollout-1")
        #expect(status.status == "succeeded", "\(place)")
        #expect(status.traffic == .init(wanted: ["green": 100], actual: ["green": 100]), "\(place)")
    }
}
