internal import ArgumentParser
internal import Foundation
internal import RolloutTesting
internal import Testing

@testable import TurnoutCommands

/// What `.ci/release` packs, as far as it can be checked without a release build.
@Suite("A release")
struct ReleaseTests {
    @Test("The systemd unit starts a command that exists, with options that it has")
    func unit() throws {
        let lines = try Self.file(".ci/packaging/turnout.service").split(separator: "\n")
        let start = try #require(lines.first { $0.hasPrefix("ExecStart=") }).dropFirst("ExecStart=".count)
        let words = start.split(separator: " ").map(String.init)
        #expect(words.first == "/usr/local/bin/turnout")
        let command = try #require(try Turnout.parseAsRoot(Array(words.dropFirst())) as? ServeCommand)
        #expect(!command.background && !command.stop)

        let state = try #require(lines.first { $0.hasPrefix("StateDirectory=") }).dropFirst("StateDirectory=".count)
        #expect(lines.contains("Environment=TURNOUT_STATE=/var/lib/\(state)"))
        let user = try #require(lines.first { $0.hasPrefix("User=") }).dropFirst("User=".count)
        #expect(try Self.file(".ci/packaging/turnout.sysusers").hasPrefix("u \(user) "))
    }

    @Test("Completion scripts know every command", arguments: CompletionShell.allCases)
    func completions(_ shell: CompletionShell) {
        let script = Turnout.completionScript(for: shell)
        for command in Turnout.configuration.groupedSubcommands.flatMap(\.subcommands) {
            #expect(script.contains(command._commandName), "\(command._commandName)")
        }
    }

    @Test("The generator of man pages can read the commands")
    func manual() throws {
        struct Dump: Decodable {
            struct Command: Decodable { var subcommands: [Command]? }
            var serializationVersion: Int
            var command: Command
        }
        let dump = try JSONDecoder().decode(Dump.self, from: Data(Turnout._dumpHelp().utf8))
        #expect(dump.serializationVersion == 0)
        #expect((dump.command.subcommands?.count ?? 0) >= Turnout.configuration.groupedSubcommands.count)
    }

    @Test(
        "Pages that tell how to install have one block of commands that is executed when a release is made",
        arguments: ["README.md", "Sources/TurnoutCommands/Turnout.docc/GettingStarted.md"])
    func pages(_ page: String) throws {
        let text = try Self.file(page)
        #expect(text.matches(of: #/(?m)^<!-- executed by \.ci\/release -->\n```shell$/#).count == 1)
    }

    private static func file(_ path: String) throws -> String {
        try String(contentsOfFile: Repository.path + "/" + path, encoding: .utf8)
    }
}
