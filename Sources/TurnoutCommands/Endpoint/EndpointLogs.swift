internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// Prints what a deployment has written.
struct EndpointLogs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the last lines of a deployment's log.",
        discussion: """
            EXAMPLES:
              turnout endpoint logs --deployment green
              turnout endpoint logs my-endpoint --deployment green --tail 10 --json
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(help: ArgumentHelp("Whose log.", valueName: "name"))
    var deployment: String

    @Option(help: ArgumentHelp("How many lines, at least 1.", valueName: "n"))
    var tail = 50

    func validate() throws {
        guard tail >= 1 else { throw ValidationError("--tail must be at least 1") }
    }

    func run() throws {
        let (view, name) = try arguments.look()
        let deployment = try view.deployment(deployment, of: name)
        let style = Terminal.standardOutput.style
        for line in try view.backend.logs(of: name, deployment: deployment, tail: tail) {
            if arguments.options.json {
                print(try JSONText.line(Line(at: JSONTime(line.at), instance: line.instance, text: line.text)))
            } else {
                print(
                    "\(style.dim(line.at.short)) \((line.instance ?? "platform").padded(to: 11)) \(line.text.printable)"
                )
            }
        }
    }

    struct Line: Encodable {
        var at: JSONTime
        var instance: String?
        var text: String
    }
}
