internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// `turnout endpoint scale`: scales a deployment by hand.
struct EndpointScale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Set the instance count of a deployment by hand.",
        discussion: """
            A run that observes the change is held for a person's decision. Exits with 13 while a runner is working on \
            the endpoint, unless --force is given.

            EXAMPLES:
              turnout endpoint scale --deployment blue --instances 3
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(
        help: ArgumentHelp("The deployment.", valueName: "name"),
        completion: .custom { _, _, _ in Completions.deployments() })
    var deployment: String

    @Option(help: ArgumentHelp("The instance count, at least 1.", valueName: "n"))
    var instances: Int

    @Flag(help: "Apply the change even while a runner is working on the endpoint.")
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
