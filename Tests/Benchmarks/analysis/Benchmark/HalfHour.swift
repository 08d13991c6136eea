import Foundation
import RolloutEngine
import RolloutStatistics
import Rollouts
import SimulatedEndpoints
import Synchronization

/// What half an hour of simulated clients costs, read every second.
enum HalfHour {
    static let rate = 500.0

    /// Prints what it costs in memory and in a file; true when it takes milliseconds.
    static func report() throws -> Bool {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("turnout-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let memory = try measure(MemoryStore())
        let file = try measure(try SQLiteStore(folder: folder.path))
        for (name, time, limit) in [("in memory", memory, 100.0), ("in SQLite", file, 500.0)] {
            let milliseconds = time / .milliseconds(1)
            print(
                (milliseconds <= limit ? "PASS" : "FAIL")
                    + String(
                        format: "  half an hour at %.0f/s, %@: %.0f ms, at most %.0f", rate, name, milliseconds, limit))
        }
        return memory <= .milliseconds(100) && file <= .milliseconds(500)
    }

    private static func measure(_ store: any SimulatedStore) throws -> Duration {
        let clock = HandClock()
        let backend = SimulatedBackend(store: store, clock: clock, settings: SimulationSettings(seed: 1))
        let changes: [Change] = [
            .putEndpoint(EndpointDefinition(name: "houses", document: ["name": "houses"])),
            .putDeployment(deployment("blue")), .putDeployment(deployment("green")),
            .setTraffic(["blue": 90, "green": 10]),
        ]
        for (number, change) in changes.enumerated() {
            let context = ChangeContext(
                run: RunID(playbook: "benchmark", number: 1), stage: "define", attempt: 1,
                idempotencyKey: "\(number)", epoch: 1)
            try backend.apply(change, to: "houses", as: context)
            clock.move(by: .minutes(30))
            _ = try backend.observe("houses")
        }
        try backend.setLoad(Load(rate: rate, request: InferenceRequest(body: "{}")), endpoint: "houses")
        var cursor = try backend.outcomes(of: "houses", since: nil).cursor
        var requests = 0
        let elapsed = try ContinuousClock().measure {
            for _ in 0..<1800 {
                clock.move(by: .seconds(1))
                let reading = try backend.outcomes(of: "houses", since: cursor)
                cursor = reading.cursor
                requests += reading.deployments.values.reduce(0) { $0 + $1.requests }
            }
        }
        guard requests == Int(rate) * 1800 else { throw HalfHourProblem(requests: requests) }
        return elapsed
    }

    private static func deployment(_ name: Name) -> DeploymentDefinition {
        DeploymentDefinition(
            name: name, endpoint: "houses", instanceType: "Standard_DS3_v2", instanceCount: 1,
            document: ["name": .string(name.text), "endpoint_name": "houses", "model": "azureml:houses:1"])
    }
}

/// Not all requests were counted.
struct HalfHourProblem: Error {
    var requests: Int
}

/// A clock that is moved by hand.
private final class HandClock: RunClock, Sendable {
    private let present = Mutex(Timestamp(milliseconds: 1_795_341_600_000))
    let longestSlice = Interval.seconds(1)

    func now() -> Timestamp { present.withLock { $0 } }
    func move(by interval: Interval) { present.withLock { $0 = $0 + interval } }
    func sleep(until deadline: Timestamp) async throws { present.withLock { $0 = max($0, deadline) } }
    func idle(until deadline: Timestamp) async throws { try await sleep(until: deadline) }
}
