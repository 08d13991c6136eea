import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

/// What holds of every simulated endpoint, whatever is asked of it and when.
@Suite("Invariants under random changes")
struct InvariantTests {
    @Test(
        "hold after each of 400 steps", arguments: [EndpointKind.managed, .kubernetes], 1...12 as ClosedRange<UInt64>)
    func random(_ kind: EndpointKind, _ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let faults: [DeploymentProfile.Fault?] = [nil] + DeploymentProfile.Fault.allCases
        let profiles = Dictionary(
            uniqueKeysWithValues: names.map { name in
                var profile = DeploymentProfile(errors: 0.1, fault: faults.randomElement(using: &generator) ?? nil)
                profile.disagrees = 0.1
                if Bool.random(using: &generator) {
                    profile.leak = Leak(period: .minutes(10), trouble: Trouble(latencyFactor: 2, errors: 0.1))
                    profile.badInstance = Trouble(errors: 0.5)
                }
                if Bool.random(using: &generator) {
                    profile.coldStart = ColdStart(length: .minutes(3), trouble: Trouble(latencyFactor: 100))
                    profile.overload = Overload(limit: 5, trouble: Trouble(errors: 0.3))
                }
                return (name, profile)
            })
        let trouble = Trouble(latencyFactor: 30, errors: 0.9)
        let incident = Incident(begin: .minutes(90), length: .hours(3), trouble: trouble)
        let simulation = Simulation(
            SimulationSettings(
                kind: kind, seed: seed, profiles: profiles, incidents: [incident],
                users: seed % 2 == 0 ? Users(count: 20, failing: 3) : nil))
        let backend = simulation.backend
        try backend.setLoad(Load(rate: 20, request: .sample), endpoint: "houses")
        var before: EndpointSnapshot?
        var effects = 0
        for step in 0..<400 {
            let change = change(using: &generator)
            let context = ChangeContext.sample("key-\(step)", epoch: step / 100)
            let repetitions = Int.random(in: 1...2, using: &generator)
            for _ in 0..<repetitions {
                do {
                    try backend.apply(change, to: "houses", as: context)
                } catch {
                    #expect(error.code != .storage)
                    #expect(try backend.observe("houses")?.wanted == before?.wanted)
                }
            }
            if try backend.observe("houses") != before { effects += 1 }
            let after = try backend.observe("houses")
            checkDeletion(change, before: before, after: after)
            if let after { check(after) }
            simulation.clock.advance(by: .seconds(Int64.random(in: 0...400, using: &generator)))
            before = try backend.observe("houses")
            if let before { check(before) }
            check(try backend.outcomes(of: "houses", since: nil))
        }
        #expect(effects > 30)
        let history = try backend.history(of: "houses")
        let effective = history.filter(\.hadEffect).map(\.context?.idempotencyKey)
        #expect(Set(effective).count == effective.count)
        #expect(history.filter { $0.outcome != .accepted }.allSatisfy { !$0.hadEffect })
    }

    private let names: [Name] = ["blue", "green", "gray"]

    private func change(using generator: inout SeededGenerator) -> Change {
        let name = names.randomElement(using: &generator) ?? "blue"
        let other = names.randomElement(using: &generator) ?? "blue"
        let percent = [0, 5, 10, 50, 60, 100].randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<3: return .putEndpoint(.sample)
        case 3..<8: return .putDeployment(.sample(name, instances: Int.random(in: 0...3, using: &generator)))
        case 8..<10: return .scale(name, instanceCount: Int.random(in: 0...4, using: &generator))
        case 10..<13: return .setTraffic([name: percent, other: 100 - percent])
        case 13: return .setTraffic(.none)
        case 14..<16: return .setMirrorTraffic([name: percent])
        case 16: return .setMirrorTraffic(.none)
        case 17..<19: return .deleteDeployment(name)
        default: return .deleteEndpoint
        }
    }

    private func check(_ endpoint: EndpointSnapshot) {
        let existing = Set(endpoint.deployments.map(\.name))
        for traffic in [endpoint.traffic.wanted, endpoint.traffic.actual] {
            #expect(traffic.sum == 0 || traffic.sum == 100)
            #expect(existing.isSuperset(of: traffic.deployments))
        }
        for mirror in [endpoint.mirrorTraffic.wanted, endpoint.mirrorTraffic.actual] {
            #expect(mirror.deployments.count <= 1)
            #expect((0...50).contains(mirror.sum))
            #expect(endpoint.kind == .managed || mirror.isEmpty)
            #expect(existing.isSuperset(of: mirror.deployments))
        }
        #expect(Set(endpoint.traffic.wanted.deployments).isDisjoint(with: endpoint.mirrorTraffic.wanted.deployments))
        #expect(Set(endpoint.traffic.actual.deployments).isDisjoint(with: endpoint.mirrorTraffic.actual.deployments))
        for deployment in endpoint.deployments {
            #expect((1...50).contains(deployment.instances.wanted))
            #expect(deployment.instances.ready >= 0)
            #expect(deployment.instances.failed >= 0)
            #expect(deployment.inFlight >= 0)
            if deployment.state == .deleting {
                #expect(endpoint.traffic.actual[deployment.name] == 0)
                #expect(endpoint.traffic.wanted[deployment.name] == 0)
            }
        }
    }

    /// Nothing that has traffic is deleted.
    private func checkDeletion(_ change: Change, before: EndpointSnapshot?, after: EndpointSnapshot?) {
        guard case .deleteDeployment(let name) = change, let before else { return }
        guard before.traffic.actual[name] > 0 || before.mirrorTraffic.actual[name] > 0 else { return }
        #expect(after?.deployment(name).map { $0.state != .deleting } == true)
    }

    private func check(_ reading: OutcomeReading) {
        for counts in reading.deployments.values {
            #expect(counts.latencies.reduce(0, +) == counts.requests)
            #expect((0...counts.requests).contains(counts.errors))
            #expect(counts.latencies.allSatisfy { $0 >= 0 })
        }
        for pairs in reading.mirrored.values {
            let parts = [pairs.bothFailed, pairs.onlyLiveFailed, pairs.onlyMirrorFailed, pairs.compared]
            #expect(parts.allSatisfy { $0 >= 0 })
            #expect(parts.reduce(0, +) == pairs.pairs)
            #expect((0...pairs.compared).contains(pairs.disagreed))
            #expect(pairs.liveLatencies.reduce(0, +) == pairs.pairs)
            #expect(pairs.mirrorLatencies.reduce(0, +) == pairs.pairs)
        }
    }
}

extension EndpointSnapshot {
    /// What was asked for, without what changes by itself.
    fileprivate var wanted: [String] {
        ["\(traffic.wanted)", "\(mirrorTraffic.wanted)"]
            + deployments.map { "\($0.name) \($0.instances.wanted) \($0.state)" }
    }
}
