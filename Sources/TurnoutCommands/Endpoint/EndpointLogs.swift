internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import Support

/// `turnout endpoint logs`: prints the log of a deployment.
struct EndpointLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the last lines of a deployment's log.",
        discussion: """
            EXAMPLES:
              turnout endpoint logs --deployment green
              turnout endpoint logs my-endpoint --deployment green --tail 10 --json
              turnout endpoint logs --deployment green --follow
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(
        help: ArgumentHelp("The deployment.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.deployments() })
    var deployment: String

    @Option(help: ArgumentHelp("The number of lines, at least 1.", valueName: "n"))
    var tail = 50

    @Flag(help: "Print new lines as they are written, until interrupted.")
    var follow = false

    func validate() throws {
        guard tail >= 1 else { throw ValidationError("--tail must be at least 1") }
    }

    func run() async throws {
        try await arguments.with(.look) { endpoint in
            let (open, name) = (endpoint.session, endpoint.name)
            let deployment = try await endpoint.deployment(deployment)
            var told = try await open.backend.logs(of: name, deployment: deployment, tail: tail)
            try show(told[...])
            while follow, !open.isVirtual, StandardOutput.shared.isOpen {
                try await open.clock.sleep(until: open.clock.now() + .milliseconds(500))
                // If more than `window` lines are written within 0.5 s, the rest is not shown.
                let lines = try await open.backend.logs(of: name, deployment: deployment, tail: Self.window)
                try show(Self.news(in: lines, after: told))
                told = lines
            }
        }
    }

    /// How many lines are searched for new ones.
    private static let window = 2000

    /// Returns the lines in `lines` that come after the last of `told`.
    static func news(in lines: [LogLine], after told: [LogLine]) -> ArraySlice<LogLine> {
        // A few lines identify the position, because each has its time.
        let end = told.suffix(20)
        guard !end.isEmpty, lines.count >= end.count else { return lines[...] }
        for start in stride(from: lines.count, through: end.count, by: -1)
        where lines[(start - end.count)..<start].elementsEqual(end) {
            return lines[start...]
        }
        return lines[...]
    }

    private func show(_ lines: ArraySlice<LogLine>) throws {
        for line in lines {
            try arguments.options.output.showLine(Line(at: JSONTime(line.at), instance: line.instance, text: line.text))
            {
                let who = (line.instance ?? "platform").padded(to: 11)
                return "\($0.style.dim(line.at.short)) \(who) \(line.text.printable)"
            }
        }
    }

    struct Line: Encodable {
        var at: JSONTime
        var instance: String?
        var text: String
    }
}
