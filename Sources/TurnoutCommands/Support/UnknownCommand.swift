internal import ArgumentParser
internal import PlaybookSyntax
internal import Support

/// A word where a command is expected, that names none.
///
/// ArgumentParser calls it an unexpected argument, and doesn't say what was meant.
enum UnknownCommand {
    /// Looks at the words in front of the first option, as far as they choose a command.
    static func check(_ arguments: [String], of root: any ParsableCommand.Type = Turnout.self) throws(CommandFailure) {
        var command = root
        var path = "turnout"
        for word in arguments {
            let choices = command.configuration.subcommands
            guard !choices.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
            let names = choices.compactMap { $0.configuration.commandName }
            guard let next = choices.first(where: { $0.configuration.commandName == word }) else {
                let near = didYouMean(word, among: names)
                let help = near ?? "its commands: " + names.joined(separator: ", ")
                throw CommandFailure(.usage, "\(path) has no command '\(word.printable)'; \(help)")
            }
            command = next
            path += " \(word)"
        }
    }
}
