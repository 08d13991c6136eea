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
}
