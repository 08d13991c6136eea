internal import ArgumentParser
internal import RolloutEngine
internal import Rollouts
internal import SimulatedEndpoints

/// Shows one endpoint as it is.
struct EndpointShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an endpoint: traffic, deployments, requests.",
        discussion: """
            EXAMPLES:
              turnout endpoint show
              turnout endpoint show my-endpoint --json
            """)

    @OptionGroup var arguments: EndpointArguments

    func run() throws {
        let (view, name) = try arguments.look()
        guard let snapshot = try view.backend.observe(name) else {
            throw CommandFailure(.usage, "there is no endpoint '\(name)'")
        }
        let payload = Payload(
            endpoint: EndpointReport(snapshot), requests: try view.backend.outcomes(of: name, since: nil))
        if arguments.options.json {
            print(try JSONText.pretty(payload))
        } else {
            print(Self.lines(snapshot, payload.requests, .standardOutput).joined(separator: "\n"))
        }
    }

    struct Payload: Encodable {
        struct Counts: Encodable {
            var requests: Int
            var failed: Int
            var p50: Int?
            var p99: Int?

            private enum CodingKeys: String, CodingKey {
                case requests, failed
                case p50 = "p50_milliseconds"
                case p99 = "p99_milliseconds"
            }
        }

        var endpoint: EndpointReport
        /// Live ones and mirrored copies, since the endpoint was first heard of.
        var requests: [Name: Counts]
        var mirrored: [Name: OutcomeReading.PairCounts]

        init(endpoint: EndpointReport, requests: OutcomeReading) {
            self.endpoint = endpoint
            self.requests = requests.deployments.mapValues {
                Counts(
                    requests: $0.requests, failed: $0.errors, p50: $0.latencyBound(of: 0.5),
                    p99: $0.latencyBound(of: 0.99))
            }
            mirrored = requests.mirrored
        }
    }

    static func lines(_ endpoint: EndpointSnapshot, _ requests: [Name: Payload.Counts], _ terminal: Terminal)
        -> [String]
    {
        let style = terminal.style
        var lines = [
            style.bold(endpoint.name.text) + " " + style(endpoint.state.rawValue, endpoint.state.tint)
                + ", \(endpoint.kind.rawValue), auth mode \(endpoint.definition.authMode)", "",
        ]
        lines += trafficLines(endpoint, terminal) + [""]
        guard !endpoint.deployments.isEmpty else { return lines + ["It has no deployments."] }
        var table = Table(
            .init("DEPLOYMENT"), .init("STATE"), .init("READY", rightAligned: true), .init("TYPE"),
            .init("REQUESTS", rightAligned: true), .init("FAILED", rightAligned: true),
            .init("IN FLIGHT", rightAligned: true), .init("P99", rightAligned: true))
        table.rows = endpoint.deployments.map { deployment in
            let counts = requests[deployment.name]
            let instances = deployment.instances
            let failed = instances.failed > 0 ? ", \(instances.failed) failed" : ""
            return [
                Table.Cell(deployment.name.text, .bold), Table.Cell(deployment.state.rawValue, deployment.state.tint),
                Table.Cell("\(instances.ready)/\(instances.wanted)\(failed)", deployment.isReady ? nil : .yellow),
                Table.Cell(deployment.definition.instanceType ?? "–"), Table.Cell("\(counts?.requests ?? 0)"),
                Table.Cell("\(counts?.failed ?? 0)"), Table.Cell("\(deployment.inFlight)"),
                Table.Cell((counts?.p99).map { "≤ \($0) ms" } ?? "–"),
            ]
        }
        lines += table.lines(style)
        for deployment in endpoint.deployments {
            guard let reason = deployment.reason else { continue }
            lines += reason.hanging(behind: "\(deployment.name): ", width: terminal.columns)
        }
        return lines
    }

    /// Wanted and actual traffic as bars; one line where there is none.
    static func trafficLines(_ endpoint: EndpointSnapshot, _ terminal: Terminal) -> [String] {
        TrafficLines(style: terminal.style, columns: terminal.columns).lines(of: endpoint)
    }
}
