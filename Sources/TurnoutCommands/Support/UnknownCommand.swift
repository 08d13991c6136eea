internal import ArgumentParser
internal import PlaybookSyntax
internal import Support

/// Reports unknown commands.
///
/// ArgumentParser would report an unexpected argument, without suggesting a command.
enum UnknownCommand {
    /// Checks the words before the first option that select a command.
    ///
    /// - Throws: ``CommandFailure`` with suggestions.
    static func check(_ arguments: [String], of root: any ParsableCommand.Type = Turnout.self) throws(CommandFailure) {
        var command = root
        var path = "turnout"
        for word in arguments {
            let choices = command.configuration.subcommands
            guard !choices.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
            let names = choices.compactMap { $0.configuration.commandName }
            guard let next = choices.first(where: { $0.configuration.commandName == word }) else {
                let near = didYouMean(word, among: names)
                let help = near ?? "its commands are " + names.joined(separator: ", ")
                throw CommandFailure(.usage, "\(path) has no command '\(word.printable)'; \(help)")
            }
            command = next
            path += " \(word)"
        }
    }
}
