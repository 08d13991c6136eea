internal import ArgumentParser
internal import RolloutEngine

/// Prints the keys of an endpoint: the only command that does.
struct EndpointKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Show the keys that clients call an endpoint with, or make a new one.",
        discussion: """
            A key is sent as `Authorization: Bearer KEY`. One that was regenerated lets nobody in any more. The \
            simulated backend has no keys: nobody calls it over a network.

            EXAMPLES:
              turnout endpoint keys my-endpoint
              turnout endpoint keys --regenerate secondary --json
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(help: ArgumentHelp("Make this key anew.", valueName: "primary|secondary"))
    var regenerate: ClientKeys.Which?

    func run() async throws {
        let keys = try await arguments.with(regenerate == nil ? .look : .work) { open, name in
            guard let regenerate else { return try await open.keys(of: name) }
            return try await open.regenerate(regenerate, of: name)
        }
        if arguments.options.json {
            StandardOutput.shared.line(try JSONText.pretty(keys))
        } else {
            StandardOutput.shared.line("primary    \(keys.primary)\nsecondary  \(keys.secondary)")
        }
    }
}

extension ClientKeys.Which: ExpressibleByArgument {}
