package import RolloutEngine
package import Rollouts

/// Where a simulated endpoint is found: managed and Kubernetes endpoints are in different worlds.
package struct SimulationKey: Codable, Hashable, Sendable {
    package var kind: EndpointKind
    package var name: Name

    package init(kind: EndpointKind, name: Name) {
        self.kind = kind
        self.name = name
    }
}

/// One simulated endpoint, its faults and its clients as a pure value.
///
/// Nothing happens in it by itself: ``advance(to:)`` lets happen what is due. Between two milestones nothing changes,
/// so that any length of time costs as much as what happens in it.
package struct EndpointSimulation: Hashable, Sendable {
    package let key: SimulationKey
    /// The endpoint as it was at ``now``; what changes by itself is added by ``snapshot(at:)``.
    var endpoint: EndpointSnapshot?
    /// The time of the latest event.
    package internal(set) var now: Timestamp
    /// The highest fencing epoch that was seen.
    var epoch = Int.min
    var changes: [ChangeUnderWay] = []
    var profiles: [Name: DeploymentProfile] = [:]
    /// Of deployments of which the settings say nothing; nil: as it comes.
    var otherwise: DeploymentProfile?
    /// Nil: the clients are no known people.
    var users: Users?
    var servers: [Name: Server] = [:]
    /// Until when changes about a deployment are refused (``DeploymentProfile/Fault/refuseUpdating``).
    var refusals: [Name: Timestamp] = [:]
    var clients: Clients?
    /// Draws what becomes of the clients' requests.
    var generator: SeededGenerator
    /// Draws what becomes of single requests, which therefore does not depend on when they are sent.
    var requestGenerator: SeededGenerator
    var totals = Totals()
    /// The latest cursor that was given out, and the totals that it stands for.
    var cursor = 0
    var totalsAtCursor = Totals()
    /// How many changes have arrived.
    var entries = 0
    /// What is to be kept beside the state, and is no part of it.
    package var outbox = Outbox()

    package init(key: SimulationKey, seed: UInt64, at time: Timestamp) {
        self.key = key
        self.now = time
        // The name is mixed in so that two endpoints of one seed don't draw the same numbers.
        let letters = key.name.text.lowercased().utf8
        var seeds = SeededGenerator(seed: letters.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        self.generator = SeededGenerator(seed: seeds.next())
        self.requestGenerator = SeededGenerator(seed: seeds.next())
    }

    /// The latest time that it knows of; nothing can happen earlier.
    package var latest: Timestamp { max(now, clients?.countedUntil ?? now) }

    /// The same endpoint in a world of its own, where no runner has had it yet.
    package var forked: EndpointSimulation {
        var copy = self
        copy.epoch = .min
        copy.outbox = Outbox()
        return copy
    }

    /// How a deployment behaves.
    func profile(of name: Name) -> DeploymentProfile { profiles[name] ?? otherwise ?? DeploymentProfile() }

    /// The rules' view of the endpoint.
    var model: EndpointModel {
        get { EndpointModel(kind: key.kind, endpoint: endpoint) }
        set { endpoint = newValue.endpoint }
    }

    /// What is kept beside the state, in the same transaction.
    package struct Outbox: Hashable, Sendable {
        package var entries: [HistoryEntry] = []
        /// Log lines in their order; those of a deployment that is gone are dropped where it went.
        package var lines: [Line] = []
        package var checkpoint: Totals?

        package enum Line: Hashable, Sendable {
            case said(Name, LogLine)
            case gone(Name)
        }

        package var isEmpty: Bool { entries.isEmpty && lines.isEmpty && checkpoint == nil }
    }
}

extension EndpointSimulation: Codable {
    private enum CodingKeys: CodingKey {
        case key, endpoint, now, epoch, changes, profiles, otherwise, users, servers, refusals, clients, generator
        case requestGenerator, totals, cursor, totalsAtCursor, entries
    }
}

/// A change that was accepted and is not yet so.
struct ChangeUnderWay: Codable, Hashable, Sendable {
    var change: Change
    /// When it is so, or has failed.
    var due: Timestamp
    /// When further instances become ready, in order.
    var readiness: [Timestamp] = []
    /// Why it fails when it is due; nil: it succeeds.
    var failure: String?
}

/// What the simulation knows of a deployment beside its snapshot.
struct Server: Hashable, Sendable {
    /// When each of its instances became ready.
    var starts: [Timestamp] = []
    /// When its instances fail.
    var crash: Timestamp?
    /// From when on it is ready in one minute and not in the next.
    var flapping: Timestamp?
    /// Until when it answers requests that came before its traffic went to 0, and how many.
    var drain: Drain?

    struct Drain: Codable, Hashable, Sendable {
        var until: Timestamp
        var requests: Int
    }
}

extension Server: Codable {
    /// Also of an earlier Turnout's, which noted no starts.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        starts = try members.decodeIfPresent([Timestamp].self, forKey: .starts) ?? []
        crash = try members.decodeIfPresent(Timestamp.self, forKey: .crash)
        flapping = try members.decodeIfPresent(Timestamp.self, forKey: .flapping)
        drain = try members.decodeIfPresent(Drain.self, forKey: .drain)
    }
}

/// Clients that send requests at an even rate.
struct Clients: Codable, Hashable, Sendable {
    /// Requests a second.
    var rate: Double
    /// False where what they send is not JSON, which no model answers.
    var sendJSON: Bool
    var since: Timestamp
    /// Until when their requests were counted, and how many those were.
    var countedUntil: Timestamp
    var counted = 0
}
