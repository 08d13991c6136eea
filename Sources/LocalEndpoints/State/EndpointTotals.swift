internal import RolloutEngine
internal import Rollouts

/// The outcomes of all requests to an endpoint since it was first created.
struct EndpointTotals: Codable, Hashable, Sendable {
    /// Increases with every reading that has new counts; never decreases, even if the endpoint is recreated.
    var cursor = 0
    /// How often an emulator has loaded the totals; with each load, counts of the last second before may be lost.
    var generation = 0
    /// The counts by incarnation of the deployment.
    var deployments: [String: Counted] = [:]

    struct Counted: Codable, Hashable, Sendable {
        var name: Name
        var live = OutcomeReading.Counts()
        var mirrored = OutcomeReading.PairCounts()
    }

    /// How many deleted deployments are remembered.
    private static let remembered = 64

    /// The totals without deleted deployments, since new deployments may have their names.
    func only(_ present: Set<String>) -> EndpointTotals {
        var only = self
        only.deployments = deployments.filter { present.contains($0.key) }
        return only
    }

    /// The counts since `earlier`, by name.
    func reading(since earlier: EndpointTotals) -> OutcomeReading {
        var reading = OutcomeReading(
            cursor: cursor, continuity: generation == earlier.generation ? .whole : .restarted)
        for (incarnation, counted) in deployments {
            let before = earlier.deployments[incarnation]
            let live = counted.live - (before?.live ?? .init())
            reading.deployments[counted.name] = (reading.deployments[counted.name] ?? .init()) + live
            let mirrored = counted.mirrored - (before?.mirrored ?? .init())
            let sum = (reading.mirrored[counted.name] ?? .init()) + mirrored
            if sum != .init() { reading.mirrored[counted.name] = sum }
        }
        return reading
    }

    /// Forgets deployments that are not in `present` if there are too many of them.
    mutating func forget(except present: Set<String>) {
        let gone = deployments.keys.filter { !present.contains($0) }
        guard gone.count > Self.remembered else { return }
        for incarnation in gone.sorted().dropLast(Self.remembered) { deployments[incarnation] = nil }
    }
}

extension EndpointTotals {
    /// Decodes totals, including those of earlier versions of Turnout, which had no generations.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        cursor = try members.decode(Int.self, forKey: .cursor)
        generation = try members.decodeIfPresent(Int.self, forKey: .generation) ?? 0
        deployments = try members.decode([String: Counted].self, forKey: .deployments)
    }
}

extension OutcomeReading.Counts {
    static func + (left: Self, right: Self) -> Self { left.combined(with: right, +) }

    /// The difference, at least zero: counts that a killed process lost are not reported as negative.
    static func - (left: Self, right: Self) -> Self { left.combined(with: right) { max($0 - $1, 0) } }
}

extension OutcomeReading.PairCounts {
    static func + (left: Self, right: Self) -> Self { left.combined(with: right, +) }
    static func - (left: Self, right: Self) -> Self { left.combined(with: right) { max($0 - $1, 0) } }
}
