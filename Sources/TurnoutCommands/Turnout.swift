package import ArgumentParser

package struct Turnout: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(commandName: "turnout")
    package init() {}

}
