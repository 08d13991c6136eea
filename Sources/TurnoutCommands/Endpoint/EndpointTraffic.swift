internal import ArgumentParser
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts

/// `turnout endpoint traffic`: shows an endpoint's traffic, or sets it by hand.
struct EndpointTraffic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traffic", abstract: "Show an endpoint's traffic, or set it by hand.",
        discussion: """
            --set replaces the whole live traffic: deployments that are not named get 0. A run that observes the \
            change is held for a person's decision. Exits with 13 while a runner is working on the endpoint, unless \
            --force is given.

            EXAMPLES:
              turnout endpoint traffic
              turnout endpoint traffic --set blue=90 --set green=10
              turnout endpoint traffic my-endpoint --mirror green=0
            """)

    @OptionGroup var arguments: EndpointArguments

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Live traffic of a deployment in percent; can be repeated.", valueName: "deployment=percent")
    )
    var shares: [Share] = []

    @Option(help: ArgumentHelp("Mirror traffic in percent; 0 turns it off.", valueName: "deployment=percent"))
    var mirror: Share?

    @Flag(help: "Apply the change even while a runner is working on the endpoint.")
    var force = false

    func validate() throws {
        guard Set(shares.map(\.deployment)).count == shares.count else {
            throw ValidationError("--set names a deployment twice")
        }
        let sum = shares.reduce(0) { $0 + $1.percent }
        guard sum == 0 || sum == 100 else {
            throw ValidationError("the shares sum to \(sum) %, but must sum to 100, or to 0 for no traffic")
        }
        guard !force || !changes.isEmpty else { throw ValidationError("--force requires --set or --mirror") }
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
        // A deployment's mirror must be off before it gets live traffic, and its live traffic 0 before it is mirrored
        // to.
        return mirror?.percent == 0 ? [mirrored, setting].compactMap(\.self) : [setting, mirrored].compactMap(\.self)
    }

    struct Payload: Encodable {
        var traffic: DesiredAndActual<Traffic>
        var mirrorTraffic: DesiredAndActual<Traffic>

        private enum CodingKeys: String, CodingKey {
            case traffic
            case mirrorTraffic = "mirror_traffic"
        }
    }
}

/// A command-line argument such as `blue=90`.
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
