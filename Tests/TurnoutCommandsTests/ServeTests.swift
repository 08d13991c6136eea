internal import RolloutTesting
import ArgumentParser
import LocalEndpoints
import RolloutEngine
internal import RolloutService
import Rollouts
import SimulatedEndpoints
import Testing

@testable import TurnoutCommands

@Suite struct HostAndPortTests {
    @Test(
        "a host and a port, the host in brackets where it has colons",
        arguments: [
            ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:8443", "::1", 8443), ("localhost:65535", "localhost", 65_535),
        ])
    func good(text: String, host: String, port: Int) {
        #expect(HostAndPort(argument: text) == HostAndPort(host: host, port: port))
        #expect(HostAndPort(argument: text)?.description == text)
    }

    @Test("anything else is none", arguments: ["", "8080", ":80", "::1:80", "[]:80", "localhost:", "x:65536", "x:-1"])
    func bad(text: String) { #expect(HostAndPort(argument: text) == nil) }
}

@Suite struct BandwidthLimitTests {
    @Test(
        "a number and a unit, whatever its letters, or off",
        arguments: [
            ("5MBps", 5_000_000), ("800kbps", 800_000), ("1.5GBps", 1_500_000_000), ("250Bps", 250), ("off", nil),
        ] as [(String, Int?)])
    func good(text: String, bytes: Int?) {
        #expect(BandwidthLimit(argument: text) == BandwidthLimit(bytesPerSecond: bytes))
    }

    @Test(
        "anything else is none",
        arguments: ["", "5", "MBps", "-1MBps", "0MBps", "0.1Bps", "nanMBps", "infMBps", "1e300GBps", "5 MBps", "on"])
    func bad(text: String) { #expect(BandwidthLimit(argument: text) == nil) }

    @Test("a limit is written as it is read", arguments: ["5MBps", "800KBps", "1500MBps", "1GBps", "251Bps", "off"])
    func description(text: String) { #expect(BandwidthLimit(argument: text)?.description == text) }
}

@Suite struct AccessLogPlaceTests {
    @Test(
        "a word, or a path",
        arguments: [
            ("logs", .deployments), ("off", .nowhere), ("-", .standardOutput), ("./off", .file(path: "./off")),
        ] as [(String, AccessLog.Place)])
    func places(text: String, place: AccessLog.Place) {
        #expect(AccessLogOption(argument: text) == AccessLogOption(place))
    }

    @Test("JSON and the log do not share standard output")
    func exclusive() throws {
        #expect(throws: (any Error).self) { try ServeCommand.parse(["--json", "--access-log", "-"]) }
        _ = try ServeCommand.parse(["--json", "--access-log", "x.log"])
    }
}

@Suite struct ShellWordTests {
    @Test(
        "words that a shell would take apart are quoted",
        arguments: [("/a/b-c.pem", "/a/b-c.pem"), ("/my home/x", "'/my home/x'"), ("it's", "'it'\\''s'"), ("", "''")])
    func quoting(text: String, word: String) { #expect(text.shellWord == word) }
}

@Suite struct ClientsReportTests {
    private let well = ClientCounts(
        sent: 30_012, succeeded: 30_012, failed: 0, failures: [:], p50: 41, p99: 207, slowest: 400)

    @Test("what clients met is told in one line")
    func good() {
        #expect(
            well.text(.plain)
                == "clients: 30012 requests, none failed; p50 41 ms, p99 207 ms (from scheduled send)")
    }

    @Test("failures are counted by kind, the commonest first")
    func bad() {
        let report = ClientCounts(
            sent: 1000, succeeded: 988, failed: 12, failures: ["timed out": 2, "424": 10], p50: 4, p99: 99,
            slowest: 5000)
        #expect(
            report.text(.plain)
                == "clients: 1000 requests, 12 failed (1.20 %): 10 × 424, 2 × timed out; p50 4 ms, p99 99 ms "
                + "(from scheduled send)")
    }

    @Test("what is neither answered nor failed is named")
    func open() {
        let report = ClientCounts(sent: 30, succeeded: 25, failed: 0, inFlight: 5, failures: [:], p50: 4, p99: 9)
        #expect(
            report.text(.plain)
                == "clients: 30 requests, none failed, 5 still in flight; p50 4 ms, p99 9 ms (from scheduled send)"
        )
    }

    @Test("where none was answered there are no times")
    func none() {
        let report = ClientCounts(sent: 1, succeeded: 0, failed: 1, failures: ["401": 1])
        #expect(report.text(.plain) == "clients: 1 request, 1 failed (100.00 %): 1 × 401")
    }
}
