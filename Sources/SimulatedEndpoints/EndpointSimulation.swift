package import RolloutEngine
package import Rollouts

/// The identity of a simulated endpoint; managed and Kubernetes endpoints are separate.
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
/// Nothing happens on its own: ``advance(to:)`` applies the events that are due. Between two events nothing changes, so
/// the cost depends on the number of events and not on the length of time.
package struct EndpointSimulation: Hashable, Sendable {
    package let key: SimulationKey
    /// The endpoint's state at ``now``; ``snapshot(at:)`` adds what changes over time.
    var endpoint: EndpointSnapshot?
    /// The time of the latest event.
    package internal(set) var now: Timestamp
    /// The highest fencing epoch seen.
    var epoch = Int.min
    var changes: [PendingChange] = []
    var profiles: [Name: DeploymentProfile] = [:]
    /// The profile of deployments without settings; `nil` uses the default profile.
    var otherwise: DeploymentProfile?
    /// `nil` if clients are anonymous.
    var users: Users?
    var servers: [Name: Server] = [:]
    /// The times until which changes to a deployment are refused (``DeploymentProfile/Fault/refuseUpdating``).
    var refusals: [Name: Timestamp] = [:]
    var clients: Clients?
    /// Draws the outcomes of the clients' requests.
    var generator: SeededGenerator
    /// Draws the outcomes of single requests, so that they do not depend on when requests are sent.
    var requestGenerator: SeededGenerator
    var totals = Totals()
    /// The latest issued cursor; ``totalsAtCursor`` are the totals that it stands for.
    var cursor = 0
    var totalsAtCursor = Totals()
    /// The number of changes that have arrived.
    var entries = 0
    /// Data to be stored alongside the state, of which it is not a part.
    package var outbox = Outbox()

    package init(key: SimulationKey, seed: UInt64, at time: Timestamp) {
        self.key = key
        self.now = time
        // The name is mixed in so that two endpoints with the same seed draw different numbers.
        let letters = key.name.text.lowercased().utf8
        var seeds = SeededGenerator(seed: letters.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        self.generator = SeededGenerator(seed: seeds.next())
        self.requestGenerator = SeededGenerator(seed: seeds.next())
    }

    /// The latest time that the simulation has reached; nothing can happen earlier.
    package var latest: Timestamp { max(now, clients?.countedUntil ?? now) }

    /// The same endpoint in a separate world in which no runner has sent a change yet.
    package var forked: EndpointSimulation {
        var copy = self
        copy.epoch = .min
        copy.outbox = Outbox()
        return copy
    }

    /// Returns the profile of a deployment.
    func profile(of name: Name) -> DeploymentProfile { profiles[name] ?? otherwise ?? DeploymentProfile() }

    /// The endpoint as the rules see it.
    var model: EndpointModel {
        get { EndpointModel(kind: key.kind, endpoint: endpoint) }
        set { endpoint = newValue.endpoint }
    }

    /// Data that is stored alongside the state in the same transaction.
    package struct Outbox: Hashable, Sendable {
        package var entries: [HistoryEntry] = []
        /// Log lines in order; those of a deleted deployment are dropped when it is deleted.
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

/// A change that was accepted but is not complete.
struct PendingChange: Codable, Hashable, Sendable {
    var change: Change
    /// When the change completes or fails.
    var due: Timestamp
    /// When further instances become ready, in order.
    var readiness: [Timestamp] = []
    /// Why the change fails when it is due; `nil` if it succeeds.
    var failure: String?
}

/// The simulation's state of a deployment in addition to its snapshot.
struct Server: Hashable, Sendable {
    /// When each instance became ready.
    var starts: [Timestamp] = []
    /// When the instances fail.
    var crash: Timestamp?
    /// When the deployment begins to alternate between ready and not ready every minute.
    var flapping: Timestamp?
    /// The draining of requests that arrived before the deployment's traffic dropped to 0.
    var drain: Drain?

    struct Drain: Codable, Hashable, Sendable {
        var until: Timestamp
        var requests: Int
    }
}

extension Server: Codable {
    /// Also reads the format of earlier versions, which did not record starts.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        starts = try members.decodeIfPresent([Timestamp].self, forKey: .starts) ?? []
        crash = try members.decodeIfPresent(Timestamp.self, forKey: .crash)
        flapping = try members.decodeIfPresent(Timestamp.self, forKey: .flapping)
        drain = try members.decodeIfPresent(Drain.self, forKey: .drain)
    }
}

/// Clients that send requests at a constant rate.
struct Clients: Codable, Hashable, Sendable {
    /// The request rate per second.
    var rate: Double
    /// False if the requests are not JSON, which no model answers.
    var sendJSON: Bool
    var since: Timestamp
    /// The time until which requests were counted; ``counted`` is their number.
    var countedUntil: Timestamp
    var counted = 0
}
