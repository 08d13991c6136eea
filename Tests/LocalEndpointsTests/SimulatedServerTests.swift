import NIOCore
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

    @Test("a profile's troubles show by age, instance, load and incident")
    func troubles() {
        var profile = DeploymentProfile(latency: .init(p50: .milliseconds(10), p99: .milliseconds(10)))
        profile.coldStart = ColdStart(length: .seconds(30), trouble: Trouble(latencyFactor: 5))
        profile.leak = Leak(period: .hours(1), trouble: Trouble(latencyFactor: 3))
        profile.badInstance = Trouble(errors: 1)
        profile.overload = Overload(limit: 20, trouble: Trouble(latencyFactor: 7))
        profile.incidents = [Incident(begin: .minutes(5), length: .minutes(1), trouble: Trouble(errors: 1))]
        let server = SimulatedServer(profile: profile, ready: ready, instance: 1)
        var generator = SeededGenerator(seed: 7)
        func answer(after age: Interval, load: Interval? = nil, rate: Double = 0) -> (status: Int, factor: Double) {
            let answer = server.answer(at: ready + age, loadAge: load, liveRate: rate, using: &generator)
            return (answer.status, (Double(answer.nanoseconds) / 1e7 * 1000).rounded() / 1000)
        }
        #expect(answer(after: .zero) == (200, 5))
        #expect(answer(after: .minutes(30)) == (200, 2))
        #expect(answer(after: .hours(1)) == (200, 3))
        #expect(answer(after: .hours(1), rate: 20) == (200, 3))
        #expect(answer(after: .hours(1), rate: 21) == (200, 21))
        #expect(answer(after: .hours(1), load: .minutes(4)).status == 200)
        #expect(answer(after: .hours(1), load: .minutes(5)).status == 500)
        #expect(answer(after: .hours(1), load: .minutes(6)).status == 200)
        let first = SimulatedServer(profile: profile, ready: ready, instance: 0)
        #expect(first.answer(at: ready, using: &generator).status == 500)
    }

    @Test("some answers disagree, each in another way, and stay JSON")
    func disagreeing() {
        let server = SimulatedServer(profile: DeploymentProfile(disagrees: 0.1, answer: ["a": 1]), ready: ready)
        var generator = SeededGenerator(seed: 7)
        let bodies = (0..<1000).map { _ in server.answer(at: ready, using: &generator).body }
        let others = bodies.filter { $0 != #"{"a":1}"# }
        #expect((50...150).contains(others.count))
        #expect(Set(others).count == others.count)
        let own = ComparedBody(.init(string: #"{"a":1}"#))
        #expect(others.allSatisfy { !ComparedBody(.init(string: $0)).agrees(with: own, within: 1e-6) })
    }

    @Test("live requests are counted by the second, and load is as old as its first request")
    func meters() {
        var meter = RateMeter()
        for index in 0..<30 as Range<Int64> { #expect(meter.count(at: ready + .milliseconds(index * 20)) == 0) }
        #expect(meter.count(at: ready + .milliseconds(1000)) == 30)
        #expect(meter.count(at: ready + .milliseconds(1999)) == 30)
        #expect(meter.count(at: ready + .milliseconds(2000)) == 2)
        #expect(meter.count(at: ready + .milliseconds(9000)) == 0)
        let load = LoadClock()
        #expect(load.age(at: ready, begins: false) == nil)
        #expect(load.age(at: ready, begins: true) == .zero)
        #expect(load.age(at: ready + .seconds(5), begins: true) == .seconds(5))
        #expect(load.age(at: ready + .seconds(6), begins: false) == .seconds(6))
    }
}
