internal import ArgumentParser
internal import RolloutEngine

/// Says that this backend has no keys.
struct EndpointKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Show the keys that clients call an endpoint with, where there are any.",
        discussion: """
            The simulated backend has none: nobody calls it over a network.

            EXAMPLES:
              turnout endpoint keys my-endpoint
            """)

    @OptionGroup var arguments: EndpointArguments

    func run() throws {
        let backend = try arguments.options.selection().name
        throw CommandFailure(.usage, "the backend \(backend) has no keys: nobody calls it over a network")
    }
}
