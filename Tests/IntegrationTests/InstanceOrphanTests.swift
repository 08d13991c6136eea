import Foundation
import Testing

@testable import LocalEndpoints

@Suite(
    "Owners that are killed", .integration, .disabled(if: environment["TURNOUT_OWNED_FOLDER"] != nil),
    .timeLimit(.minutes(1)))
struct InstanceOrphanTests {
    /// It forks, as servers with workers do.
    private static let server = """
        import http.server, os
        os.fork()
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
        class Server(http.server.HTTPServer):
            allow_reuse_port = True
        Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
        """

    @Test("kill -9 of the process that owns instances leaves no server and no worker")
    func orphans() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-owned-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
        }
        try Self.server.write(toFile: folder + "/server.py", atomically: true, encoding: .utf8)
        let owner = Process()
        owner.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        owner.arguments = ["--filter", "InstanceOwnerTests/own", "--testing-library", "swift-testing"]
        // The variable keeps a test from starting itself, should the filter ever fit more than the one.
        owner.environment = environment.merging(["TURNOUT_OWNED_FOLDER": folder]) { _, new in new }
        owner.standardOutput = FileHandle.nullDevice
        owner.standardError = FileHandle.nullDevice
        try owner.run()
        let deadline = ContinuousClock.now + .seconds(30)
        while !FileManager.default.fileExists(atPath: folder + "/ready"), .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        // allow_reuse_port is of Python 3.11; before it the forked half ends, and one server is left of each.
        #expect(try InstanceFixture.processes(folder + "/server.py").count >= 2)
        kill(owner.processIdentifier, SIGKILL)
        let killed = ContinuousClock.now
        while try !InstanceFixture.processes(folder + "/server.py").isEmpty, .now < killed + .seconds(5) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try InstanceFixture.processes(folder + "/server.py").isEmpty)
    }
}
