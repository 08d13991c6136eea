internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout endpoint show`: shows one endpoint.
struct EndpointShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an endpoint: traffic, deployments and requests.",
        discussion: """
            EXAMPLES:
              turnout endpoint show
              turnout endpoint show my-endpoint --json
            """)

    @OptionGroup var arguments: EndpointArguments

    func run() async throws {
        let (snapshot, payload) = try await arguments.with(.look) { endpoint in
            let (open, name) = (endpoint.session, endpoint.name)
            guard let snapshot = try await open.shown(name) else { throw endpoint.unknown() }
            let requests =
                open.backend.capabilities.reportsOutcomes
                ? try await open.backend.outcomes(of: name, since: nil) : nil
            let payload = Payload(
                endpoint: EndpointReport(snapshot), requests: requests,
                scoringURI: try await open.scoringURI(of: name), unobservable: open.caveat)
            return (snapshot, payload)
        }
        try arguments.options.output.show(payload) { Self.lines(snapshot, payload, $0).joined(separator: "\n") }
    }

    struct Payload: Encodable {
        struct Counts: Encodable {
            var requests: Int
            var failed: Int
            var p50: Double?
            var p99: Double?

            private enum CodingKeys: String, CodingKey {
                case requests, failed
                case p50 = "p50_milliseconds"
                case p99 = "p99_milliseconds"
            }
        }

        var endpoint: EndpointReport
        /// The live and mirrored requests of the present deployments; absent if the backend does not count them.
        var requests: [Name: Counts]?
        var mirrored: [Name: PairsReport]
        /// Where clients send their requests; absent if the endpoint has no network address.
        var scoringURI: String?
        /// Why this is the stored state of the endpoint and not its observed state; absent if it was observed.
        var unobservable: String?

        private enum CodingKeys: String, CodingKey {
            case endpoint, requests, mirrored, unobservable
            case scoringURI = "scoring_uri"
        }

        init(
            endpoint: EndpointReport, requests: OutcomeReading?, scoringURI: String?, unobservable: String? = nil
        ) {
            self.endpoint = endpoint
            self.unobservable = unobservable
            self.scoringURI = scoringURI
            self.requests = requests?.deployments.mapValues {
                Counts(
                    requests: $0.requests, failed: $0.errors, p50: $0.latencyBound(of: 0.5),
                    p99: $0.latencyBound(of: 0.99))
            }
            mirrored = requests?.mirrored.mapValues(PairsReport.init) ?? [:]
        }
    }

    static func lines(_ endpoint: EndpointSnapshot, _ payload: Payload, _ terminal: Terminal)
        -> [String]
    {
        let style = terminal.style
        var lines = [
            style.bold(endpoint.name.text) + " " + style(endpoint.state.rawValue, endpoint.state.tint)
                + ", \(endpoint.kind.rawValue), auth mode \(endpoint.definition.authMode)"
        ]
        if let uri = payload.scoringURI {
            let served = payload.unobservable == nil ? "" : style(", but no process is serving it now", .yellow)
            lines.append("scoring URI \(uri)\(served)")
        }
        lines.append("")
        lines += trafficLines(endpoint, terminal) + [""]
        guard !endpoint.deployments.isEmpty else { return lines + ["The endpoint has no deployments."] }
        var table = Table(
            .init("DEPLOYMENT"), .init("STATE"), .init("READY", rightAligned: true), .init("TYPE"),
            .init("REQUESTS", rightAligned: true), .init("FAILED", rightAligned: true),
            .init("IN FLIGHT", rightAligned: true), .init("P99", rightAligned: true))
        table.rows = endpoint.deployments.map { deployment in
            let counts = payload.requests?[deployment.name]
            func counted(_ count: Int?) -> Table.Cell { Table.Cell(payload.requests == nil ? "–" : "\(count ?? 0)") }
            let instances = deployment.instances
            let failed = instances.failed > 0 ? ", \(instances.failed) failed" : ""
            return [
                Table.Cell(deployment.name.text, .bold), Table.Cell(deployment.state.rawValue, deployment.state.tint),
                Table.Cell("\(instances.ready)/\(instances.wanted)\(failed)", deployment.isReady ? nil : .yellow),
                Table.Cell(deployment.definition.instanceType ?? "–"), counted(counts?.requests),
                counted(counts?.failed), counted(deployment.inFlight),
                Table.Cell(latencyText(counts?.p99)),
            ]
        }
        lines += table.lines(style)
        for deployment in endpoint.deployments {
            guard let reason = deployment.reason else { continue }
            lines += reason.hanging(behind: "\(deployment.name): ", width: terminal.columns)
        }
        return lines + Servers(of: endpoint).lines(columns: terminal.columns)
    }

    /// Formats desired and actual traffic as bars, or one line if there is no traffic.
    static func trafficLines(_ endpoint: EndpointSnapshot, _ terminal: Terminal) -> [String] {
        TrafficLines(style: terminal.style, columns: terminal.columns).lines(of: endpoint)
    }
}
