internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService

/// `turnout endpoint keys`: prints the keys of an endpoint.
///
/// No other command prints them.
struct EndpointKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Show the keys with which clients call an endpoint, or regenerate one.",
        discussion: """
            Clients send a key as `Authorization: Bearer KEY`. Regenerating a key invalidates the old one. The \
            simulated backend has no keys, because clients do not call it over a network.

            EXAMPLES:
              turnout endpoint keys my-endpoint
              turnout endpoint keys --regenerate secondary --json
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(help: ArgumentHelp("Regenerate this key.", valueName: "primary|secondary"))
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
