import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@Suite("Outcomes of simulated clients")
struct OutcomeTests {
    private let load = Load(rate: 50, request: .sample)

    /// Blue and green behind clients, with traffic as given.
    private func simulate(
        blue: DeploymentProfile = DeploymentProfile(), green: DeploymentProfile = DeploymentProfile(),
        seed: UInt64 = 1, traffic: Traffic = ["blue": 90, "green": 10], load: Load? = nil
    ) async throws -> Simulation {
        let simulation = Simulation(SimulationSettings(seed: seed, profiles: ["blue": blue, "green": green]))
        try await simulation.bench.makeBlueLive()
        try await simulation.bench.make(.setTraffic(traffic))
        try simulation.backend.setLoad(load ?? self.load, endpoint: "houses")
        return simulation
    }

    private func read(_ simulation: Simulation, after interval: Interval) throws -> OutcomeReading {
        let begin = try simulation.backend.outcomes(of: "houses", since: nil).cursor
        simulation.clock.advance(by: interval)
        return try simulation.backend.outcomes(of: "houses", since: begin)
    }

    @Test("requests are rate times time, by weight, and bins sum to them", arguments: [1, 7, 600, 86_400] as [Int64])
    func counts(_ seconds: Int64) async throws {
        let simulation = try await simulate(green: DeploymentProfile(errors: 0.02))
        let reading = try read(simulation, after: .seconds(seconds))
        let total = reading.deployments.values.reduce(0) { $0 + $1.requests }
        #expect(total == Int(seconds) * 50)
        for counts in reading.deployments.values {
            #expect(counts.latencies.reduce(0, +) == counts.requests)
            #expect(counts.latencies.allSatisfy { $0 >= 0 })
            #expect((0...counts.requests).contains(counts.errors))
        }
    }

    @Test(
        "weights, errors and latencies are as the profile says, within 5 deviations",
        arguments: 1...5 as ClosedRange<UInt64>)
    func statistics(_ seed: UInt64) async throws {
        let latency = DeploymentProfile.Latency(p50: .milliseconds(50), p99: .milliseconds(300))
        let green = DeploymentProfile(latency: latency, errors: 0.02)
        let simulation = try await simulate(green: green, seed: seed)
        let reading = try read(simulation, after: .hours(10))
        let counts = try #require(reading.deployments["green"])
        let total = 50.0 * 36_000
        expect(counts.requests, of: total, share: 0.1)
        expect(counts.errors, of: Double(counts.requests), share: 0.02)
        // 50 ms and 300 ms are bounds of bins.
        for (limit, share) in [(50.0, 0.5), (300, 0.99)] {
            let within = counts.latencies[...OutcomeReading.latencyBin(ofMilliseconds: limit)].reduce(0, +)
            expect(within, of: Double(counts.requests), share: share)
        }
        #expect(reading.deployments["blue"]?.errors == 0)
    }

    private func expect(
        _ count: Int, of total: Double, share: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let deviation = (total * share * (1 - share)).squareRoot()
        #expect(abs(Double(count) - total * share) < 5 * deviation, sourceLocation: sourceLocation)
    }

    @Test("reading often or once counts the same requests")
    func often() async throws {
        let simulation = try await simulate()
        var cursor = try simulation.backend.outcomes(of: "houses", since: nil).cursor
        let begin = cursor
        var requests = 0
        for _ in 0..<1000 {
            simulation.clock.advance(by: .milliseconds(333))
            _ = try simulation.backend.observe("houses")
            let reading = try simulation.backend.outcomes(of: "houses", since: cursor)
            requests += reading.deployments.values.reduce(0) { $0 + $1.requests }
            cursor = reading.cursor
        }
        #expect(requests == 16_650)
        let whole = try simulation.backend.outcomes(of: "houses", since: begin)
        #expect(whole.deployments.values.reduce(0) { $0 + $1.requests } == requests)
        let nothing = try simulation.backend.outcomes(of: "houses", since: cursor)
        #expect(nothing == OutcomeReading(cursor: cursor))
    }

    @Test("what reaches no ready deployment is counted as failed where it should have been served")
    func crashed() async throws {
        let simulation = try await simulate(
            green: DeploymentProfile(fault: .crashAfterReady, faultAfter: .minutes(10)), traffic: ["green": 100])
        simulation.clock.advance(by: .hours(1))
        _ = try simulation.snapshot()
        let reading = try read(simulation, after: .minutes(1))
        #expect(reading.deployments["green"]?.requests == 3000)
        #expect(reading.deployments["green"]?.errors == 3000)
    }

    @Test("flapping loses the requests of every other minute")
    func flapping() async throws {
        let simulation = try await simulate(
            green: DeploymentProfile(fault: .flapping), traffic: ["blue": 50, "green": 50])
        let reading = try read(simulation, after: .hours(24 * 3650))
        let green = try #require(reading.deployments["green"])
        let share = Double(green.errors) / Double(green.requests)
        #expect(abs(share - 0.5) < 0.001)
        #expect(reading.deployments["blue"]?.errors == 0)
    }

    @Test("requests over the time limit fail with it")
    func timeouts() async throws {
        let slow = DeploymentProfile.Latency(p50: .seconds(6), p99: .seconds(7))
        let simulation = try await simulate(green: DeploymentProfile(latency: slow), traffic: ["green": 100])
        let reading = try read(simulation, after: .hours(1))
        let green = try #require(reading.deployments["green"])
        #expect(Double(green.errors) > 0.99 * Double(green.requests))
        #expect(green.latencies.last == 0)
        #expect(try simulation.backend.invoke("houses", deployment: "green", .sample).status == 408)
    }

    @Test("mirrored copies are counted in pairs")
    func mirrored() async throws {
        let simulation = try await simulate(
            blue: DeploymentProfile(errors: 0.1), green: DeploymentProfile(errors: 0.2, answer: ["predictions": [1]]),
            traffic: ["blue": 100])
        try await simulation.bench.make(.setMirrorTraffic(["green": 10]))
        let reading = try read(simulation, after: .hours(10))
        let pairs = try #require(reading.mirrored["green"])
        expect(pairs.pairs, of: 50 * 36_000, share: 0.1)
        let total = Double(pairs.pairs)
        expect(pairs.onlyLiveFailed, of: total, share: 0.1 * 0.8)
        expect(pairs.onlyMirrorFailed, of: total, share: 0.9 * 0.2)
        expect(pairs.disagreed, of: total, share: 0.9 * 0.8)
        #expect(reading.deployments["green"]?.requests == pairs.pairs)
    }

    @Test("deployments that answer alike agree, whatever their names")
    func agreeing() async throws {
        let simulation = try await simulate(traffic: ["blue": 100])
        try await simulation.bench.make(.setMirrorTraffic(["green": 50]))
        let reading = try read(simulation, after: .minutes(10))
        #expect(reading.mirrored["green"]?.disagreed == 0)
        let begin = reading.cursor
        for _ in 0..<200 { _ = try simulation.backend.invoke("houses", deployment: nil, .sample) }
        let pairs = try simulation.backend.outcomes(of: "houses", since: begin).mirrored["green"]?.pairs ?? 0
        #expect((50...150).contains(pairs))
        for _ in 0..<200 { _ = try simulation.backend.invoke("houses", deployment: "blue", .sample) }
        let named = try simulation.backend.outcomes(of: "houses", since: begin).mirrored["green"]?.pairs
        #expect(named == pairs)
    }

    @Test("clients that send no JSON get nothing but errors")
    func noJSON() async throws {
        let simulation = try await simulate(load: Load(rate: 50, request: InferenceRequest(body: "{")))
        let reading = try read(simulation, after: .minutes(1))
        #expect(reading.deployments.values.allSatisfy { $0.errors == $0.requests })
        let response = try simulation.backend.invoke("houses", deployment: "blue", InferenceRequest(body: "{"))
        #expect(response.status == 424)
        #expect(response.body.contains(#""modelStatus":400"#))
    }

    @Test("a load that ends brings no more requests; the same one set again goes on")
    func ending() async throws {
        let simulation = try await simulate()
        simulation.clock.advance(by: .milliseconds(30))
        try simulation.backend.setLoad(load, endpoint: "houses")
        simulation.clock.advance(by: .milliseconds(30))
        try simulation.backend.setLoad(nil, endpoint: "houses")
        simulation.clock.advance(by: .hours(1))
        let reading = try simulation.backend.outcomes(of: "houses", since: nil)
        #expect(reading.deployments.values.reduce(0) { $0 + $1.requests } == 3)
    }

    @Test("one seed gives one story, another seed another", arguments: StoreKind.allCases)
    func deterministic(_ kind: StoreKind) async throws {
        func story(seed: UInt64) async throws -> [String] {
            try await kind.withStore { store in
                let profiles: [Name: DeploymentProfile] = ["blue": .init(errors: 0.01), "green": .init(errors: 0.05)]
                let simulation = Simulation(SimulationSettings(seed: seed, profiles: profiles), store: store)
                try simulation.backend.setLoad(load, endpoint: "houses")
                try await simulation.bench.makeBlueLive()
                try await simulation.bench.make(.setMirrorTraffic(["green": 10]))
                var lines: [String] = []
                for _ in 0..<20 {
                    let response = try simulation.backend.invoke("houses", deployment: nil, .sample)
                    lines.append("\(response)")
                    simulation.clock.advance(by: .seconds(10))
                    let reading = try simulation.backend.outcomes(of: "houses", since: nil)
                    lines.append("\(reading.deployments.sorted { $0.key < $1.key }) \(reading.mirrored)")
                }
                return lines
            }
        }
        let first = try await story(seed: 3)
        #expect(try await story(seed: 3) == first)
        #expect(try await story(seed: 4) != first)
    }
}
