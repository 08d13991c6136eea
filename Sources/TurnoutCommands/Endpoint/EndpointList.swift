internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout endpoint list`: lists the endpoints of a backend.
struct EndpointList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the endpoints of a backend.",
        discussion: """
            EXAMPLES:
              turnout endpoint list
              turnout endpoint list --backend simulated:kubernetes --json
            """)

    @OptionGroup var options: BackendOptions

    func run() async throws {
        let endpoints = try await options.with(.look) { _, open, _ in
            var found: [EndpointSnapshot] = []
            for name in try await open.endpoints() {
                if let endpoint = try await open.shown(name) { found.append(endpoint) }
            }
            return found
        }
        try options.output.show(endpoints.map { EndpointReport($0) }) { terminal in
            guard !endpoints.isEmpty else {
                return "There are no endpoints on \(try options.backend.selection().name) yet."
            }
            return Self.table(endpoints).lines(terminal.style).joined(separator: "\n")
        }
    }

    private static func table(_ endpoints: [EndpointSnapshot]) -> Table {
        var table = Table(.init("ENDPOINT"), .init("STATE"), .init("TRAFFIC"), .init("MIRROR"), .init("DEPLOYMENTS"))
        table.rows = endpoints.map { endpoint in
            [
                Table.Cell(endpoint.name.text, .bold), Table.Cell(endpoint.state.rawValue, endpoint.state.tint),
                Table.Cell(endpoint.traffic.text), Table.Cell(endpoint.mirrorTraffic.text),
                Table.Cell(
                    endpoint.deployments.map { "\($0.name) \($0.instances.ready)/\($0.instances.wanted)" }
                        .joined(separator: ", ")),
            ]
        }
        return table
    }
}

extension ProvisioningState {
    var tint: Style.Tint {
        switch self {
        case .succeeded: .green
        case .failed, .canceled: .red
        case .creating, .updating, .scaling, .deleting: .cyan
        }
    }
}
