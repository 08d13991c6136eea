import Foundation
import Glibc
import PrometheusMetrics
import Rollouts
import Testing

/// A Prometheus server that scrapes some addresses twice a second and asks for a name and a password.
final class PrometheusFixture {
    let url: String
    private let folder: String
    private let port: Int
    private var process = Process()

    static let credentials = PrometheusCredentials.basic(user: "admin", .environment("PROMETHEUS_PASSWORD"))
    static let environment = ["PROMETHEUS_PASSWORD": "test"]

    /// Runs `body` with a server that scrapes `targets` (`127.0.0.1:9000`), and ends it.
    static func with(
        scraping targets: [String], at path: String = "/metrics", _ body: (PrometheusFixture) async throws -> Void
    ) async throws {
        let fixture = try PrometheusFixture(targets, at: path)
        defer { fixture.end() }
        try await fixture.untilReady()
        try await body(fixture)
    }

    func client(timeout: Int64 = 10) throws -> PrometheusClient {
        try PrometheusClient(
            PrometheusServer(url: url, credentials: Self.credentials, timeout: .seconds(timeout)),
            environment: Self.environment)
    }

    private init(_ targets: [String], at path: String) throws {
        folder = FileManager.default.temporaryDirectory.path + "/turnout-prometheus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        port = try freePort()
        url = "http://127.0.0.1:\(port)"
        let list = targets.map { "'\($0)'" }.joined(separator: ", ")
        try """
        global: {scrape_interval: 500ms, scrape_timeout: 400ms}
        scrape_configs:
          - {job_name: tested, metrics_path: '\(path)', static_configs: [{targets: [\(list)]}]}
        """.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        // The hash of 'test' that Prometheus' own guide to basic authentication has.
        try """
        basic_auth_users: {admin: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay}
        """.write(toFile: folder + "/web.yml", atomically: true, encoding: .utf8)
        try start()
    }

    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// With the data that it had when it was killed.
    func startAgain() async throws {
        process = Process()
        try start()
        try await untilReady()
    }

    private func start() throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "prometheus", "--config.file=\(folder)/prometheus.yml", "--web.config.file=\(folder)/web.yml",
            "--storage.tsdb.path=\(folder)/data", "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    private func untilReady() async throws {
        let client = try client()
        let isReady = try await eventually {
            do throws(PrometheusError) {
                return try await PrometheusQuery("vector(1)", of: client).reading().value == 1
            } catch {
                guard error.code == .unreachable || error.code == .failed(status: 503) else { throw error }
                return false
            }
        }
        await client.close()
        #expect(isReady, "Prometheus did not start")
    }

    private func end() {
        kill()
        do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
    }
}

/// Asks again and again until `condition` holds; false when it did not within 30 seconds.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(100))
    }
    return true
}

/// A port of the loopback interface that nobody has at the moment.
private func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
        }
    }
    guard result == 0 else { throw RawClient.Failure(what: "there is no free port: \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
}

/// A server whose metrics are what the test writes, and which answers queries wrongly in several ways.
final class MetricsExporter {
    let address: String
    private let process = Process()
    private let file: String

    private static let script = """
        import http.server, sys, time
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def do_GET(self):
                with open(sys.argv[1], "rb") as file: self.answer(200, file.read())
            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.path.startswith("/slow"): time.sleep(20)
                if self.path.startswith("/big"): return self.answer(200, b" " * 3000000)
                if self.path.startswith("/broken"): return self.answer(500, b"<html>")
                self.answer(200, b"<html>")
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    init() throws {
        file = FileManager.default.temporaryDirectory.path + "/turnout-metrics-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: file))
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, file]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw RawClient.Failure(what: "the exporter does not listen: \(line)")
        }
        address = "127.0.0.1:\(port)"
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        do { try FileManager.default.removeItem(atPath: file) } catch { Issue.record(error) }
    }

    func show(_ metrics: String) throws {
        try (metrics + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    }
}
