internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// Scales a deployment by hand.
struct EndpointScale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Set a deployment's instances by hand.",
        discussion: """
            A run that finds them changed holds for a person's word. Refused with 13 while a runner works on the \
            endpoint, unless --force.

            EXAMPLES:
              turnout endpoint scale --deployment blue --instances 3
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(
        help: ArgumentHelp("Which deployment.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.deployments() })
    var deployment: String

    @Option(help: ArgumentHelp("How many instances, at least 1.", valueName: "n"))
    var instances: Int

    @Flag(help: "Go in between although a runner works on the endpoint.")
    var force = false

    func validate() throws {
        guard instances >= 1 else { throw ValidationError("--instances must be at least 1") }
    }

    func run() async throws {
        let (change, snapshot) = try await arguments.with(.work) { endpoint in
            let change = Change.scale(try await endpoint.deployment(deployment), instanceCount: instances)
            return (change, try await endpoint.change([change], stage: "scale", force: force))
        }
        guard let snapshot else { return }
        try arguments.options.output.show(EndpointReport(snapshot)) { _ in "\(change): done" }
    }
}
