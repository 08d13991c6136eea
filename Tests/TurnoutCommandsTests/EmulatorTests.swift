import ArgumentParser
import Foundation
import LocalEndpoints
internal import RolloutService
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("What is passed to an emulator in the background")
struct EmulatorTests {
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
