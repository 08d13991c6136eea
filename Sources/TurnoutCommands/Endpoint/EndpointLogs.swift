internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts

/// Prints what a deployment has written.
struct EndpointLogs: AsyncParsableCommand {
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

    func run() async throws {
        let style = Terminal.standardOutput.style
        let lines = try await arguments.with(.look) { open, name in
            try await open.backend.logs(
                of: name, deployment: try await open.deployment(deployment, of: name), tail: tail)
        }
        for line in lines {
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
