import Testing

@testable import TurnoutCommands

@Suite("Words that name no command")
struct UnknownCommandTests {
    private func message(_ arguments: [String]) -> String? {
        do throws(CommandFailure) {
            try UnknownCommand.check(arguments)
            return nil
        } catch {
            #expect(error.status == .usage)
            return error.message
        }
    }

    @Test("The near one is asked for, in a group as well")
    func near() {
        #expect(message(["statsu", "--json"]) == "turnout has no command 'statsu'; did you mean 'status'?")
        #expect(message(["endpoint", "shwo"]) == "turnout endpoint has no command 'shwo'; did you mean 'show'?")
        #expect(message(["\u{1B}[2J"])?.contains("\u{1B}") == false)
    }

    @Test(
        "What ArgumentParser knows is left to it",
        arguments: [
            [], ["--help"], ["help", "statsu"], ["status", "anything"], ["endpoint", "show", "x"], ["--version"],
            ["endpoint", "--help"], ["---completion", "status"],
        ])
    func known(arguments: [String]) { #expect(message(arguments) == nil) }
}
