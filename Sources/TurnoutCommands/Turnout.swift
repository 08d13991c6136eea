package import ArgumentParser

package struct Turnout: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(commandName: "turnout")
    package init() {}

    /// Runs the command that this process was called with.
    package static func start() async { await main() }
}
