import AzureEndpoints
import Foundation
import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

/// The simulated backend and the emulator are asked for the same things, and must say the same.
@Suite("Simulated and local endpoints", .integration, .serialized, .timeLimit(.minutes(60)))
struct DifferentialTests {
    /// `TURNOUT_OPERATIONS` asks for longer sequences, `TURNOUT_SEED` for another one.
    private static let operations = environment["TURNOUT_OPERATIONS"].flatMap { Int($0) } ?? 300
    private static let seed = environment["TURNOUT_SEED"].flatMap { UInt64($0) } ?? 1

    @Test("answer the same sequence of changes alike, and come to want the same")
    func sameSequence() async throws {
        print("differential test: seed \(Self.seed), \(Self.operations) operations")
        try await LocalBackendFixture.with { local in
            var settings = SimulationSettings()
            settings.durations = .init(
                endpoint: .zero, deployment: .zero, scale: .zero, traffic: .zero, delete: .zero)
            let clock = ManualClock()
            let simulated = SimulatedBackend(store: MemoryStore(), clock: clock, settings: settings)
            var changes = RandomChanges(seed: Self.seed)
            var differences = 0
            for number in 1...Self.operations {
                let (change, context) = changes.next(number)
                let expected = await answer(simulated, change, context)
                let found = await answer(local, change, context)
                let before = try simulated.observe("houses")
                let after = try await settled(local, like: before)
                guard expected.lowercased() != found.lowercased() || wanted(before) != wanted(after) else { continue }
                Issue.record(
                    """
                    seed \(Self.seed), operation \(number): \(change), epoch \(context.epoch)
                    simulated: \(expected), \(wanted(before))
                    local:     \(found), \(wanted(after))
                    """)
                differences += 1
                if differences == 5 { return }
            }
        }
    }

    /// What became of the change, in the backend's words.
    private func answer(_ backend: any Backend, _ change: Change, _ context: ChangeContext) async -> String {
        do throws(BackendError) {
            try await backend.apply(change, to: "houses", as: context)
            return "accepted"
        } catch {
            // Behind the words, the REST API has a code of its own.
            let words = error.message.replacing(/\ \([A-Za-z]+\)$/, with: "")
            switch error.code {
            case .refused: return "refused: \(words)"
            case .busy: return "busy: \(words)"
            case .fenced: return "fenced: \(words)"
            case .unavailable: return "unavailable: \(error.message)"
            case .storage: return "storage: \(error.message)"
            }
        }
    }

    /// The emulator's endpoint when it has come to rest: its instances are ready a little later.
    private func settled(_ local: AzureBackend, like simulated: EndpointSnapshot?) async throws -> EndpointSnapshot? {
        let deadline = Date(timeIntervalSinceNow: 5)
        while true {
            let endpoint = try await local.observe("houses")
            let isBusy = endpoint.map { $0.state.isBusy || $0.deployments.contains { $0.state.isBusy } } ?? false
            if !isBusy, endpoint?.traffic.actual == endpoint?.traffic.wanted { return endpoint }
            guard Date() < deadline else { return endpoint }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// What was asked for, in a line.
    private func wanted(_ endpoint: EndpointSnapshot?) -> String {
        guard let endpoint else { return "nothing" }
        let deployments = endpoint.deployments.map {
            "\($0.name) \($0.definition.instanceCount) \($0.definition.requestSettings.timeout) "
                + "\(text($0.definition.document)) \($0.state.rawValue) \($0.instances.wanted)/\($0.instances.ready)"
        }
        return "\(text(endpoint.definition.document)) \(endpoint.state.rawValue) \(endpoint.traffic.wanted) "
            + "\(endpoint.mirrorTraffic.wanted) " + deployments.joined(separator: ", ")
    }

    /// JSON with its keys in order.
    private func text(_ document: Value) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do { return String(decoding: try encoder.encode(document), as: UTF8.self) } catch { return "\(error)" }
    }
}

/// Changes as a confused user asks for them: most are possible, many are not.
private struct RandomChanges {
    private var dice: SplitMix
    private var sent: [(Change, ChangeContext)] = []
    private var epoch = 1

    init(seed: UInt64) { dice = SplitMix(seed: seed) }

    mutating func next(_ number: Int) -> (Change, ChangeContext) {
        if number % 40 == 0 { epoch += 1 }
        // Some are sent again with their key, some by a runner that was overtaken.
        if dice.number(0...19) == 0, let again = sent.randomElement(using: &dice) { return again }
        let late = dice.number(0...29) == 0
        let context = ChangeContext.sample("key-\(number)", epoch: late ? epoch - 1 : epoch)
        let next = (change(), context)
        sent.append(next)
        return next
    }

    private mutating func change() -> Change {
        switch dice.number(0...19) {
        case 0...1:
            let description = ["The price of houses", "Prices"][dice.number(0...1)]
            return .putEndpoint(
                EndpointDefinition(
                    name: "houses", document: ["name": "houses", "description": .string(description)]))
        case 2...6: return .putDeployment(deployment())
        case 7...9: return .scale(name(), instanceCount: dice.number(0...3))
        case 10...14: return .setTraffic(traffic())
        case 15...16: return .setMirrorTraffic(dice.number(0...2) == 0 ? .none : [name(): dice.number(1...60)])
        case 17...18: return .deleteDeployment(name())
        default: return dice.number(0...3) == 0 ? .deleteEndpoint : .setTraffic(.none)
        }
    }

    private mutating func name() -> Name {
        ["blue", "green", "red", "Blue"][dice.number(0...3)]
    }

    private mutating func traffic() -> Traffic {
        let share = dice.number(0...100)
        return switch dice.number(0...4) {
        case 0: [name(): 100]
        case 1: [name(): share]
        default: ["blue": share, "green": 100 - share]
        }
    }

    private mutating func deployment() -> DeploymentDefinition {
        let names: [Name] = ["blue", "green", "red", "x", "9lives", "ends-"]
        var definition = DeploymentDefinition.sample(
            names[dice.number(0...11) < 9 ? dice.number(0...2) : dice.number(3...5)], instances: dice.number(1...3))
        if dice.number(0...9) == 0 { definition.instanceCount = [0, 51][dice.number(0...1)] }
        if dice.number(0...9) == 0 { definition.requestSettings.timeout = .seconds(Int64(dice.number(0...200))) }
        return definition
    }
}

/// Steele, Lea, Flood 2014.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}
