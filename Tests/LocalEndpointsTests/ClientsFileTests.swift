import RolloutEngine
import RolloutTesting
import Testing

@testable import LocalEndpoints

@Suite("What clients of a run have met")
struct ClientsFileTests {
    @Test("status finds what the run has kept")
    func file() async throws {
        try await withScratchFolder { home in
            let run = RunID(playbook: "x", number: 2)
            let file = ClientsFile(run, in: LocalFolder(state: home))
            #expect(try file.read() == nil)
            try file.write(LoadReport())
            #expect(try file.read() == LoadReport())
            #expect(try LocalPlugin(serve: []).clients(of: run, in: home)?.sent == 0)
        }
    }

    @Test("a runner that was overtaken does not write over what the one in its place has counted")
    func overtaken() async throws {
        try await withScratchFolder { home in
            let run = RunID(playbook: "x", number: 2)
            let (old, new) = (
                ClientsFile(run, in: LocalFolder(state: home)), ClientsFile(run, in: LocalFolder(state: home))
            )
            var report = LoadReport()
            report.dropped = 1
            try old.write(report)
            #expect(try new.read() == report)
            report.dropped = 2
            try new.write(report)
            report.dropped = 3000
            try old.write(report)
            #expect(try ClientsFile(run, in: LocalFolder(state: home)).read()?.dropped == 2)
        }
    }
}
