import Rollouts
import SimulatedEndpoints
import Testing

@testable import LocalEndpoints

@Suite("Simulated servers")
struct SimulatedServerTests {
    private let ready = Timestamp(milliseconds: 1_000_000)

    @Test("latencies have the profile's median and 99th percentile, and errors its share")
    func profile() {
        let server = SimulatedServer(profile: DeploymentProfile(errors: 0.01), ready: ready)
        var generator = SeededGenerator(seed: 7)
        let answers = (0..<200_000).map { _ in server.answer(at: ready, using: &generator) }
        let sorted = answers.map { Double($0.nanoseconds) / 1e6 }.sorted()
        #expect(abs(sorted[100_000] - 40) < 0.5)
        #expect(abs(sorted[198_000] - 200) < 8)
        let errors = answers.count { $0.status == 500 }
        // Five standard deviations.
        #expect(abs(Double(errors) - 2000) < 5 * 45)
        #expect(answers.first { $0.status == 200 }?.body.contains("predictions") == true)
    }

    @Test("a fault that starts later shows then, and not before", arguments: [DeploymentProfile.Fault.failing, .slow])
    func later(fault: DeploymentProfile.Fault) {
        let server = SimulatedServer(
            profile: DeploymentProfile(
                latency: .init(p50: .milliseconds(10), p99: .milliseconds(10)), fault: fault, faultAfter: .seconds(5)),
            ready: ready)
        var generator = SeededGenerator(seed: 7)
        let before = server.answer(at: ready + .milliseconds(4999), using: &generator)
        let after = server.answer(at: ready + .seconds(5), using: &generator)
        #expect(before.status == 200 && abs(before.nanoseconds - 10_000_000) < 1000)
        switch fault {
        case .slow: #expect(after.status == 200 && abs(after.nanoseconds - 200_000_000) < 1000)
        default: #expect(after.status == 500)
        }
    }

    @Test("one that flaps answers in one minute and not in the next; one that has crashed never again")
    func unavailable() {
        let flapping = SimulatedServer(profile: DeploymentProfile(fault: .flapping), ready: ready)
        var generator = SeededGenerator(seed: 7)
        for minute in 0..<6 as Range<Int64> {
            let time = ready + .minutes(minute) + .seconds(30)
            let isReady = minute % 2 == 0
            #expect(flapping.isReady(at: time) == isReady)
            #expect(flapping.answer(at: time, using: &generator).status == (isReady ? 200 : 503))
        }
        let crashing = SimulatedServer(profile: DeploymentProfile(fault: .crashAfterReady), ready: ready)
        #expect(crashing.crash == ready + .minutes(5))
        #expect(crashing.answer(at: ready + .minutes(4), using: &generator).status == 200)
        #expect(crashing.answer(at: ready + .minutes(9), using: &generator).status == 503)
    }

    @Test("it answers what the profile says, as JSON")
    func answer() {
        let server = SimulatedServer(
            profile: DeploymentProfile(answer: ["b": 1, "a": ["x"]]), ready: ready)
        var generator = SeededGenerator(seed: 7)
        #expect(server.answer(at: ready, using: &generator).body == #"{"a":["x"],"b":1}"#)
    }
}
