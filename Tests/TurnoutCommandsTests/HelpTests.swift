internal import ArgumentParser
internal import Testing

@testable import TurnoutCommands

@Suite("Help")
struct HelpTests {
    @Test("The root's help lists every command")
    func root() throws {
        try expectSnapshot(Turnout.helpMessage(columns: 80), "help")
    }

    @Test("Every command's help is as its snapshot has it, and has examples")
    func commands() throws {
        let groups = Turnout.configuration.groupedSubcommands
        #expect(groups.flatMap(\.subcommands).count == Turnout.configuration.subcommands.count)
        for command in groups.flatMap(\.subcommands) {
            let help = Turnout.helpMessage(for: command, columns: 80)
            #expect(help.contains("EXAMPLES:"))
            try expectSnapshot(help, "help-\(command._commandName)")
        }
        for group in [EndpointCommand.self, ModelCommand.self, EnvironmentCommand.self, CodeCommand.self]
            as [any ParsableCommand.Type]
        {
            for command in group.configuration.subcommands {
                let help = Turnout.helpMessage(for: command, columns: 80)
                #expect(help.contains("EXAMPLES:"))
                try expectSnapshot(help, "help-\(group._commandName)-\(command._commandName)")
            }
        }
    }
}
