import ArgumentParser
import Foundation
import LocalEndpoints
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("What is passed to an emulator in the background")
struct EmulatorTests {
    @Test(
        "an idle time is a duration of a second or more, or never",
        arguments: [("30s", .seconds(30)), ("1h30m", .minutes(90)), ("never", nil)] as [(String, Interval?)])
    func idle(text: String, interval: Interval?) throws {
        let time = try #require(IdleTime(argument: text))
        #expect(time.interval == interval)
        #expect(time.description == text)
        #expect(try IdleTime.current(environment: ["TURNOUT_SERVE_IDLE": text]) == time)
    }

    @Test("anything else is refused", arguments: ["", "0s", "999ms", "5", "-1m", "soon"])
    func noIdle(text: String) throws {
        #expect(IdleTime(argument: text) == nil)
        guard !text.isEmpty else {
            #expect(try IdleTime.current(environment: ["TURNOUT_SERVE_IDLE": text]) == .standard)
            return
        }
        #expect(throws: CommandFailure.self) { try IdleTime.current(environment: ["TURNOUT_SERVE_IDLE": text]) }
    }

    @Test("it keeps what servers need of the environment, and no secret")
    func environment() {
        let cleaned = EmulatorEnvironment.cleaned(
            [
                "PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "PIP_INDEX_URL": "https://x",
                "AZURE_ACCESS_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "TURNOUT_HOME": "/h", "PYTHONPATH": "/p",
                "GITHUB_TOKEN": "g", "TURNOUT_BACKEND": "azure",
            ], state: "/s")
        #expect(
            cleaned == [
                "PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "PIP_INDEX_URL": "https://x",
                "TURNOUT_STATE": "/s", "TURNOUT_LOG": "notice",
            ])
    }

    @Test("a user is named by its command line up to the first option")
    func purpose() {
        let words = ["/bin/turnout", "endpoint", "invoke", "my-endpoint", "--data", "secret"]
        #expect(EmulatorLife.purpose(of: words) == "turnout endpoint invoke my-endpoint")
    }

    @Test("serve keeps an emulator that listens where its options say")
    func differences() throws {
        var record = ServeRecord(
            pid: 7, control: "https://127.0.0.1:8443", data: "http://127.0.0.1:8080",
            started: Timestamp(milliseconds: 0))
        record.settings = ServeSettings(
            controlHost: "127.0.0.1", dataHost: "127.0.0.1", bandwidth: 5_000_000, accessLog: "logs")
        func differences(_ words: String...) throws -> [String] {
            try ServeOptions.parse(words).differences(from: record)
        }
        #expect(try differences() == [])
        #expect(try differences("--data", "127.0.0.1:8080", "--control", "127.0.0.1:8443") == [])
        #expect(try differences("--data", "127.0.0.1:8081") == ["--data 127.0.0.1:8081"])
        #expect(try differences("--control", "0.0.0.0:8443") == ["--control 0.0.0.0:8443"])
        #expect(
            try differences("--bandwidth-limit", "off", "--access-log", "off") == [
                "--bandwidth-limit off", "--access-log off",
            ])
        record.settings?.bandwidth = nil
        #expect(try differences("--bandwidth-limit", "off") == [])
    }

    @Test("TURNOUT_STATE names the state folder by itself, and TURNOUT_HOME the folder that it is in else")
    func workspace() {
        func state(_ environment: [String: String]) -> String {
            Workspace(environment: environment, workingFolder: "/w").state
        }
        #expect(state([:]) == "/w/state")
        #expect(state(["TURNOUT_HOME": "/h/"]) == "/h/state")
        #expect(state(["TURNOUT_HOME": "/h", "TURNOUT_STATE": "/s//"]) == "/s")
        #expect(state(["TURNOUT_HOME": "/", "TURNOUT_STATE": ""]) == "/state")
    }
}
