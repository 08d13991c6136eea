internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// Shows an endpoint's traffic, or sets it by hand.
struct EndpointTraffic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traffic", abstract: "Show an endpoint's traffic, or set it by hand.",
        discussion: """
            --set names the whole live traffic: deployments that are not named get 0. A run that finds the traffic \
            changed holds for a person's word. Refused with 13 while a runner works on the endpoint, unless --force.

            EXAMPLES:
              turnout endpoint traffic
              turnout endpoint traffic --set blue=90 --set green=10
              turnout endpoint traffic my-endpoint --mirror green=0
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(name: .customLong("set"), help: ArgumentHelp("Percent of live traffic.", valueName: "deployment=percent"))
    var shares: [Share] = []

    @Option(help: ArgumentHelp("Percent of mirror traffic; 0 turns it off.", valueName: "deployment=percent"))
    var mirror: Share?

    @Flag(help: "Go in between although a runner works on the endpoint.")
    var force = false

    func validate() throws {
        guard Set(shares.map(\.deployment)).count == shares.count else {
            throw ValidationError("a deployment is set twice")
        }
        let sum = shares.reduce(0) { $0 + $1.percent }
        guard sum == 0 || sum == 100 else {
            throw ValidationError("the shares sum to \(sum) %: they must sum to 100, or to 0 for no traffic")
        }
        guard !force || !changes.isEmpty else { throw ValidationError("--force is for --set and --mirror") }
    }

    func run() async throws {
        let snapshot = try await arguments.with(changes.isEmpty ? .look : .work) { endpoint in
            for share in shares + [mirror].compactMap(\.self) {
                _ = try await endpoint.deployment(share.deployment.text)
            }
            let snapshot =
                changes.isEmpty
                ? try await endpoint.backend.observe(endpoint.name)
                : try await endpoint.change(changes, stage: "traffic", force: force)
            guard let snapshot else { throw endpoint.unknown() }
            return snapshot
        }
        try arguments.options.output.show(Payload(traffic: snapshot.traffic, mirrorTraffic: snapshot.mirrorTraffic)) {
            EndpointShow.trafficLines(snapshot, $0).joined(separator: "\n")
        }
    }

    private var changes: [Change] {
        let live = Traffic(Dictionary(shares.map { ($0.deployment, $0.percent) }, uniquingKeysWith: { $1 }))
        let mirrored = mirror.map { Change.setMirrorTraffic(Traffic([$0.deployment: $0.percent])) }
        let setting = shares.isEmpty ? nil : Change.setTraffic(live)
        // The mirror must be off before its deployment gets live traffic, and live traffic gone before it is mirrored to.
        return mirror?.percent == 0 ? [mirrored, setting].compactMap(\.self) : [setting, mirrored].compactMap(\.self)
    }

    struct Payload: Encodable {
        var traffic: Wanted<Traffic>
        var mirrorTraffic: Wanted<Traffic>

        private enum CodingKeys: String, CodingKey {
            case traffic
            case mirrorTraffic = "mirror_traffic"
        }
    }
}

/// `blue=90` of a command line.
struct Share: ExpressibleByArgument, Hashable {
    var deployment: Name
    var percent: Int

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let percent = Int(parts[1]), (0...100).contains(percent) else {
            return nil
        }
        deployment = Name(String(parts[0]))
        self.percent = percent
    }
}
