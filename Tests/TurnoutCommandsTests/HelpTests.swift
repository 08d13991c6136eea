internal import RolloutTesting
internal import ArgumentParser
internal import Foundation
internal import Testing

@testable import TurnoutCommands

@Suite("Help")
struct HelpTests {
    @Test("Every command's help is as its snapshot has it, and has examples")
    func commands() throws {
        var walked: Set<String> = []
        func check(_ command: any ParsableCommand.Type, _ name: String) throws {
            walked.insert(name + ".txt")
            let help = Turnout.helpMessage(for: command, columns: 80)
            #expect(help.contains("EXAMPLES:"), "\(name)")
            try expectSnapshot(help, name)
            for subcommand in command.configuration.subcommands {
                try check(subcommand, "\(name)-\(subcommand._commandName)")
            }
        }
        try check(Turnout.self, "help")
        let kept = try FileManager.default.contentsOfDirectory(
            atPath: Repository.path + "/Tests/TurnoutCommandsTests/Snapshots")
        #expect(walked == Set(kept.filter { $0.hasPrefix("help") }))
    }
}
