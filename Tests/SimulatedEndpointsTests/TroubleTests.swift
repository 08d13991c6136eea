import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

@Suite("Profiles that change with time, load and instance")
struct TroubleTests {
    private typealias Counts = OutcomeReading.Counts

    /// Green, with all traffic of 50 requests a second where nothing else is said.
    private func simulate(
        green: DeploymentProfile = DeploymentProfile(), blue: DeploymentProfile = DeploymentProfile(),
        traffic: Traffic = ["green": 100], incidents: [Incident] = [], users: Users? = nil, seed: UInt64 = 1,
        rate: Double = 50
    ) async throws -> Simulation {
        let simulation = Simulation(
            SimulationSettings(
                seed: seed, profiles: ["blue": blue, "green": green], incidents: incidents, users: users))
        try await simulation.bench.makeBlueLive()
        try await simulation.bench.make(.setTraffic(traffic))
        try simulation.backend.setLoad(Load(rate: rate, request: .sample), endpoint: "houses")
        return simulation
    }

    private func read(_ simulation: Simulation, after interval: Interval) throws -> OutcomeReading {
        let begin = try simulation.backend.outcomes(of: "houses", since: nil).cursor
        simulation.clock.advance(by: interval)
        return try simulation.backend.outcomes(of: "houses", since: begin)
    }

    private func green(_ simulation: Simulation, after interval: Interval) throws -> Counts {
        try #require(try read(simulation, after: interval).deployments["green"])
    }

    /// As the profile without any trouble.
    private func isQuick(_ counts: Counts) -> Bool { (38...42).contains(counts.latencyBound(of: 0.5) ?? 0) }

    /// Within five standard deviations.
    private func expect(_ counts: Counts, errors share: Double, sourceLocation: SourceLocation = #_sourceLocation) {
        let total = Double(counts.requests)
        let deviation = (total * share * (1 - share)).squareRoot()
        #expect(
            abs(Double(counts.errors) - total * share) <= 5 * deviation, "\(counts.errors) of \(total)",
            sourceLocation: sourceLocation)
    }

    @Test("a cold start ends for every instance by itself")
    func coldStart() async throws {
        let trouble = Trouble(latencyFactor: 5, errors: 0.2)
        let simulation = try await simulate(green: .init(coldStart: .init(length: .minutes(30), trouble: trouble)))
        simulation.clock.advance(by: .hours(1))
        let warm = try green(simulation, after: .minutes(5))
        #expect(warm.errors == 0 && isQuick(warm))
        try await simulation.bench.make(.scale("green", instanceCount: 4))
        // Three of four are cold now, and have been for less than the two minutes that it took.
        let mixed = try green(simulation, after: .minutes(20))
        expect(mixed, errors: 0.75 * 0.2)
        #expect(try #require(mixed.latencyBound(of: 0.9)) > 200)
        simulation.clock.advance(by: .minutes(30))
        #expect(try green(simulation, after: .minutes(5)).errors == 0)
    }

    @Test("reading every second, or once, sees the same of a cold start's end")
    func often() async throws {
        var shares: [Double] = []
        for step in [Interval.seconds(5), .minutes(20)] {
            let trouble = Trouble(errors: 0.5)
            let simulation = try await simulate(green: .init(coldStart: .init(length: .minutes(10), trouble: trouble)))
            let start = simulation.clock.now()
            var all = Counts()
            while simulation.clock.now() < start + .minutes(20) {
                all = all.combined(with: try green(simulation, after: step), +)
            }
            #expect(all.requests == 60_000)
            shares.append(Double(all.errors) / Double(all.requests))
        }
        #expect(abs(shares[0] - shares[1]) < 0.01)
    }

    @Test("a leak grows with the age of the instances, and a new instance has none")
    func leak() async throws {
        let leak = Leak(period: .minutes(10), trouble: Trouble(latencyFactor: 2, errors: 0.01))
        let simulation = try await simulate(green: .init(leak: leak))
        let start = try #require(try simulation.greenSince)
        simulation.clock.advance(by: .hours(2) - (simulation.clock.now() - start))
        let old = try green(simulation, after: .minutes(1))
        expect(old, errors: 0.1205)
        // 13 times as long as at first.
        #expect((480...570).contains(try #require(old.latencyBound(of: 0.5))))
        var definition = DeploymentDefinition.sample("green", instances: 1)
        definition.document = .mapping(["name": "green", "description": "anew"])
        try await simulation.bench.make(.putDeployment(definition))
        expect(try green(simulation, after: .minutes(10)), errors: 0.005)
        // Read once: over an hour it has grown from 1 % to 7 %.
        expect(try green(simulation, after: .hours(1)), errors: 0.04)
    }

    @Test("an incident hits every deployment from its moment on, for its length")
    func incident() async throws {
        let trouble = Trouble(latencyFactor: 3, errors: 0.3)
        let simulation = try await simulate(
            traffic: ["blue": 50, "green": 50],
            incidents: [Incident(begin: .minutes(5), length: .minutes(2), trouble: trouble)])
        for (minutes, share) in [(5, 0), (2, 0.3), (5, 0)] as [(Int64, Double)] {
            let reading = try read(simulation, after: .minutes(minutes))
            for name in ["blue", "green"] as [Name] {
                let counts = try #require(reading.deployments[name])
                expect(counts, errors: share)
                let median = try #require(counts.latencyBound(of: 0.5))
                #expect(abs(median / (share > 0 ? 120 : 40) - 1) < 0.1)
            }
        }
    }

    @Test("an incident hits a deployment of which nothing is said, too")
    func incidentOfOthers() async throws {
        let settings = SimulationSettings(
            incidents: [Incident(begin: .zero, length: .hours(9), trouble: Trouble(errors: 1))])
        let simulation = Simulation(settings)
        try simulation.backend.setLoad(Load(rate: 50, request: .sample), endpoint: "houses")
        try await simulation.bench.makeBlueLive()
        let counts = try #require(try read(simulation, after: .minutes(1)).deployments["blue"])
        #expect(counts.errors == counts.requests)
        #expect(try simulation.backend.invoke("houses", deployment: "blue", .sample).status == 424)
    }

    @Test("one bad instance spoils its share of the requests", arguments: [1, 3])
    func badInstance(_ instances: Int) async throws {
        let simulation = try await simulate(green: .init(badInstance: Trouble(latencyFactor: 10, errors: 0.6)))
        if instances > 1 { try await simulation.bench.make(.scale("green", instanceCount: instances)) }
        expect(try green(simulation, after: .minutes(10)), errors: 0.6 / Double(instances))
    }

    @Test("what is slow under live load is not slow for copies and tests, nor where instances share the load")
    func overload() async throws {
        let green = DeploymentProfile(overload: Overload(limit: 4, trouble: Trouble(latencyFactor: 10)))
        let simulation = try await simulate(green: green, traffic: ["blue": 100])
        try await simulation.bench.make(.setMirrorTraffic(["green": 10]))
        #expect(try isQuick(self.green(simulation, after: .minutes(5))))
        try await simulation.bench.make(.setMirrorTraffic(.none))
        try await simulation.bench.make(.setTraffic(["blue": 90, "green": 10]))
        // 5 requests a second.
        let loaded = try self.green(simulation, after: .minutes(5))
        #expect(abs(try #require(loaded.latencyBound(of: 0.5)) / 400 - 1) < 0.15)
        let tests = try (0..<31).map { _ in
            try simulation.backend.invoke("houses", deployment: "green", .sample).latency
        }
        #expect(tests.sorted()[15] < .milliseconds(100))
        try await simulation.bench.make(.scale("green", instanceCount: 2))
        #expect(try isQuick(self.green(simulation, after: .minutes(5))))
    }

    @Test("users stay with their deployment, and those whose requests fail make all errors", arguments: 1...4)
    func users(_ seed: Int) async throws {
        let simulation = try await simulate(
            traffic: ["blue": 80, "green": 20], users: Users(count: 1000, failing: 10), seed: UInt64(seed))
        let first = try read(simulation, after: .hours(10))
        let second = try read(simulation, after: .hours(10))
        let (blue, green) = (try #require(first.deployments["blue"]), try #require(first.deployments["green"]))
        // Of 1000 users, 50 requests a second for ten hours.
        #expect(abs(Double(blue.errors + green.errors) / 18_000 - 1) < 0.05)
        let others = try #require(second.deployments["green"])
        #expect(abs(Double(others.requests) / Double(green.requests) - 1) < 0.01)
        #expect(abs(Double(others.errors) - Double(green.errors)) < 5 * Double(green.errors + 100).squareRoot())
        let ofGreen = Double(green.errors) / 1800
        #expect(abs(ofGreen - ofGreen.rounded()) < 0.2, "whole users: \(ofGreen)")
    }

    @Test("what a user sends that fails, fails for its copy too")
    func failingUsersInPairs() async throws {
        let simulation = try await simulate(traffic: ["blue": 100], users: Users(count: 100, failing: 10))
        try await simulation.bench.make(.setMirrorTraffic(["green": 50]))
        let pairs = try #require(try read(simulation, after: .minutes(10)).mirrored["green"])
        #expect(pairs.onlyLiveFailed == 0 && pairs.onlyMirrorFailed == 0)
        #expect(abs(Double(pairs.bothFailed) / Double(pairs.pairs) - 0.1) < 0.02)
        #expect(pairs.compared == pairs.pairs - pairs.bothFailed)
        #expect(pairs.liveLatencies.reduce(0, +) == pairs.pairs)
        #expect(pairs.mirrorLatencies.reduce(0, +) == pairs.pairs)
    }

    @Test("a share of the answers disagrees, among copies and in single requests")
    func disagreeing() async throws {
        let simulation = try await simulate(green: .init(disagrees: 0.02), traffic: ["blue": 100])
        try await simulation.bench.make(.setMirrorTraffic(["green": 50]))
        let pairs = try #require(try read(simulation, after: .hours(1)).mirrored["green"])
        #expect(pairs.compared == pairs.pairs)
        #expect(abs(Double(pairs.disagreed) / Double(pairs.compared) - 0.02) < 0.003)
        let bodies = try (0..<1000).map { _ in
            try simulation.backend.invoke("houses", deployment: "green", .sample).body
        }
        #expect((3...60).contains(bodies.count { $0.contains("disagrees") }))
    }

    @Test("half an hour at 500 requests a second, read every second, costs as little as at 1")
    func cost() async throws {
        let simulation = try await simulate(traffic: ["blue": 90, "green": 10], rate: 500)
        var cursor = try simulation.backend.outcomes(of: "houses", since: nil).cursor
        var requests = 0
        let begin = ContinuousClock.now
        for _ in 0..<1800 {
            simulation.clock.advance(by: .seconds(1))
            let reading = try simulation.backend.outcomes(of: "houses", since: cursor)
            cursor = reading.cursor
            requests += reading.deployments.values.reduce(0) { $0 + $1.requests }
        }
        print("half an hour of 500 requests a second: \(ContinuousClock.now - begin)")
        #expect(requests == 900_000)
    }
}

extension Simulation {
    /// When green became ready.
    var greenSince: Timestamp? {
        get throws {
            try backend.logs(of: endpoint, deployment: "green", tail: 100).last { $0.text.hasPrefix("Started") }?.at
        }
    }
}
