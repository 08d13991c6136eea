internal import RolloutEngine
internal import Rollouts

/// What became of an endpoint's requests since it was first created.
struct EndpointTotals: Codable, Hashable, Sendable {
    /// Grows with every reading that has news; never goes back, also when an endpoint of the name is created anew.
    var cursor = 0
    /// How often an emulator has taken these up: what the one before counted in its last second may be lost.
    var generation = 0
    /// By incarnation of the deployment.
    var deployments: [String: Counted] = [:]

    struct Counted: Codable, Hashable, Sendable {
        var name: Name
        var live = OutcomeReading.Counts()
        var mirrored = OutcomeReading.PairCounts()
    }

    /// How many deployments that are gone are remembered.
    private static let remembered = 64

    /// The same without the deployments that are gone, whose names others may have now.
    func only(_ present: Set<String>) -> EndpointTotals {
        var only = self
        only.deployments = deployments.filter { present.contains($0.key) }
        return only
    }

    /// What was counted after `earlier`, by name.
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

    /// Forgets the deployments that are not among `present`, when there are too many of them.
    mutating func forget(except present: Set<String>) {
        let gone = deployments.keys.filter { !present.contains($0) }
        guard gone.count > Self.remembered else { return }
        for incarnation in gone.sorted().dropLast(Self.remembered) { deployments[incarnation] = nil }
    }
}

extension EndpointTotals {
    /// Also of an earlier Turnout's, which had no generations.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        cursor = try members.decode(Int.self, forKey: .cursor)
        generation = try members.decodeIfPresent(Int.self, forKey: .generation) ?? 0
        deployments = try members.decode([String: Counted].self, forKey: .deployments)
    }
}

extension OutcomeReading.Counts {
    static func + (left: Self, right: Self) -> Self { left.combined(with: right, +) }

    /// Never below zero: a count that was lost with a killed process is not told as a negative one.
    static func - (left: Self, right: Self) -> Self { left.combined(with: right) { max($0 - $1, 0) } }
}

extension OutcomeReading.PairCounts {
    static func + (left: Self, right: Self) -> Self { left.combined(with: right, +) }
    static func - (left: Self, right: Self) -> Self { left.combined(with: right) { max($0 - $1, 0) } }
}
