internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService

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
        let keys = try await arguments.with(regenerate == nil ? .look : .work) { endpoint in
            guard let session = endpoint.session as? any KeyedEndpoints else {
                throw CommandFailure(
                    .usage, "the backend \(endpoint.selection.name) has no keys"
                )
            }
            guard let regenerate else { return try await session.keys(of: endpoint.name) }
            return try await session.regenerate(regenerate, of: endpoint.name)
        }
        try arguments.options.output.show(keys) { _ in "primary    \(keys.primary)\nsecondary  \(keys.secondary)" }
    }
}

extension ClientKeys.Which: ExpressibleByArgument {}
