import Rollouts
import SimulatedEndpoints
import Testing

@Suite("Settings of the simulation")
struct SettingsTests {
    @Test("everything that a playbook can say is read")
    func everything() throws {
        let settings = try SimulationSettings([
            "kind": "kubernetes", "seed": 42,
            "durations": [
                "endpoint": "1s", "deployment": "1h30m", "scale": 2, "traffic": .number(0.5), "delete": "0s",
            ],
            "simulate": [
                "blue": .null,
                "green": [
                    "latency": ["p50": "35ms", "p99": "1.5s"], "errors": "0.5%", "ready_after": "10m",
                    "answer": ["predictions": [1]], "fault": "crash_after_ready", "fault_after": "5m",
                    "disagrees": "2%", "leak": ["per": "10m", "latency_factor": 2, "errors": "1%"],
                    "cold_start": ["for": "30s", "latency_factor": .number(1.5)],
                    "bad_instance": ["errors": "100%"], "under_load": ["above": "20/s", "latency_factor": 10],
                ],
            ],
            "incidents": [["at": "5m", "for": "2m", "errors": "20%"], ["at": 0, "for": 1, "latency_factor": 3]],
            "users": ["count": 1000, "failing": 5],
        ])
        let durations = SimulationSettings.Durations(
            endpoint: .seconds(1), deployment: .minutes(90), scale: .seconds(2), traffic: .milliseconds(500),
            delete: .zero)
        let green = DeploymentProfile(
            latency: .init(p50: .milliseconds(35), p99: .milliseconds(1500)), errors: 0.005, disagrees: 0.02,
            readyAfter: .minutes(10),
            answer: ["predictions": [1]], fault: .crashAfterReady, faultAfter: .minutes(5),
            leak: Leak(period: .minutes(10), trouble: Trouble(latencyFactor: 2, errors: 0.01)),
            coldStart: ColdStart(length: .seconds(30), trouble: Trouble(latencyFactor: 1.5)),
            badInstance: Trouble(errors: 1), overload: Overload(limit: 20, trouble: Trouble(latencyFactor: 10)))
        #expect(
            settings
                == SimulationSettings(
                    kind: .kubernetes, seed: 42, durations: durations,
                    profiles: ["blue": DeploymentProfile(), "green": green],
                    incidents: [
                        Incident(begin: .minutes(5), length: .minutes(2), trouble: Trouble(errors: 0.2)),
                        Incident(begin: .zero, length: .seconds(1), trouble: Trouble(latencyFactor: 3)),
                    ], users: Users(count: 1000, failing: 5)))
    }

    @Test("nothing said is Azure's own durations, and the command line goes before the playbook")
    func defaults() throws {
        #expect(try SimulationSettings(.null) == SimulationSettings())
        #expect(try SimulationSettings([:]) == SimulationSettings())
        #expect(try SimulationSettings(["kind": "managed"], kind: .kubernetes).kind == .kubernetes)
        #expect(throws: SettingsProblem.self) { try SimulationSettings(["kind": "magic"], kind: .kubernetes) }
    }

    @Test(
        "one of the two latencies gives the other",
        arguments: [
            (["p50": "20ms"], 20, 100), (["p99": "300ms"], 60, 300), ([:], 40, 200),
        ] as [(Value, Int64, Int64)])
    func latencies(_ latency: Value, _ p50: Int64, _ p99: Int64) throws {
        let settings = try SimulationSettings(["simulate": ["blue": ["latency": latency]]])
        #expect(settings.profiles["blue"]?.latency == .init(p50: .milliseconds(p50), p99: .milliseconds(p99)))
    }

    @Test(
        "shares are percents or numbers up to 1",
        arguments: [
            ("0.5%", 0.005), ("100%", 1), ("0.25", 0.25), (.number(0.01), 0.01), (1, 1), (0, 0),
        ] as [(Value, Double)])
    func shares(_ value: Value, _ share: Double) throws {
        let settings = try SimulationSettings(["simulate": ["blue": ["errors": value]]])
        #expect(settings.profiles["blue"]?.errors == share)
    }

    @Test(
        "what is wrong is told with its path and what would be right",
        arguments: [
            ("text", "backends.simulated: is 'text': a mapping is expected"),
            (["sede": 1], "backends.simulated.sede: is not known: did you mean seed?"),
            (
                ["zzzzzzzz": 1],
                "backends.simulated.zzzzzzzz: is not known: possible are kind, seed, durations, simulate, incidents, users"
            ),
            (["kind": "kubernets"], "backends.simulated.kind: is 'kubernets': did you mean kubernetes?"),
            (["seed": -1], "backends.simulated.seed: is -1: a whole number of at least 0 is expected"),
            (
                ["durations": ["trafic": "1s"]],
                "backends.simulated.durations.trafic: is not known: did you mean traffic?"
            ),
            (
                ["durations": ["traffic": "1 parsec"]],
                "backends.simulated.durations.traffic: is '1 parsec', which has no unit: a duration is written 250ms, 10s, 1.5s, 10m, "
                    + "1h30m or 2d, up to 365d"
            ),
            (
                ["durations": ["traffic": -1]],
                "backends.simulated.durations.traffic: is -1, which is negative: a duration is written 250ms, 10s, 1.5s, 10m, 1h30m "
                    + "or 2d, up to 365d"
            ),
            (
                ["simulate": ["green": ["fault": "crash"]]],
                "backends.simulated.simulate.green.fault: is 'crash': possible are never_ready, crash_after_ready, quota, "
                    + "slow, flapping, refuse_updating, failing"
            ),
            (
                ["simulate": ["green": ["errors": "101%"]]],
                "backends.simulated.simulate.green.errors: is '101%': a share such as 0.5% or 0.005, from 0 to 1, is expected"
            ),
            (
                ["simulate": ["green": ["latency": ["p50": "2s", "p99": "1s"]]]],
                "backends.simulated.simulate.green.latency.p99: is 1s, which is less than p50, 2s"
            ),
            (
                ["simulate": ["green": ["latency": ["p50": 0]]]],
                "backends.simulated.simulate.green.latency.p50: is 0s: it must be at least 1ms, or p99 0ms as well"
            ),
            (
                ["simulate": ["green": ["replaces_code": true]]],
                "backends.simulated.simulate.green.replaces_code: is not known: possible are latency, errors, disagrees, "
                    + "ready_after, answer, fault, fault_after, leak, cold_start, bad_instance, under_load"
            ),
            (["simulate": ["green": 1]], "backends.simulated.simulate.green: is 1: a mapping is expected"),
            (
                ["simulate": ["green": ["leak": ["per": "0s", "errors": "1%"]]]],
                "backends.simulated.simulate.green.leak.per: is 0s: it must be at least 1ms"
            ),
            (
                ["simulate": ["green": ["leak": ["errors": "1%"]]]],
                "backends.simulated.simulate.green.leak: has no per: a length of time such as 30s or 10m is expected"
            ),
            (
                ["simulate": ["green": ["cold_start": ["for": "30s"]]]],
                "backends.simulated.simulate.green.cold_start: says nothing: latency_factor, errors or both are expected"
            ),
            (
                ["simulate": ["green": ["bad_instance": ["latency_factor": .number(0.5)]]]],
                "backends.simulated.simulate.green.bad_instance.latency_factor: is 0.5: a number from 1 to 1000 is expected"
            ),
            (
                ["simulate": ["green": ["under_load": ["above": "20/h", "errors": 1]]]],
                "backends.simulated.simulate.green.under_load.above: is '20/h': a rate such as 20/s or 90/m is expected"
            ),
            (
                ["simulate": ["green": ["cold_strat": [:]]]],
                "backends.simulated.simulate.green.cold_strat: is not known: did you mean cold_start?"
            ),
            (
                ["incidents": ["for": "2m"]],
                "backends.simulated.incidents: is a mapping: a list of mappings is expected"
            ),
            (
                ["incidents": [["at": "1m", "for": "2m", "errors": 1], ["for": "2m", "errors": 1]]],
                "backends.simulated.incidents.1: has no at: when it begins, counted from the clients' first request, "
                    + "is expected"
            ),
            (
                ["users": ["count": 10, "failing": 11]],
                "backends.simulated.users.failing: is 11: a whole number from 0 to 10 is expected"
            ),
            (["users": [:]], "backends.simulated.users: has no count: how many users there are is expected"),
            (
                ["simulate": ["Green": [:], "green": [:]]],
                "backends.simulated.simulate.green: is there twice: names compare without case"
            ),
        ] as [(Value, String)])
    func problems(_ value: Value, _ sentence: String) {
        let problem = #expect(throws: SettingsProblem.self) { try SimulationSettings(value) }
        #expect(problem?.description == sentence)
    }

    @Test(
        "texts that are no length of time",
        arguments: ["", "10", "m", "1m1h", "1s1s", "1..5s", "-1s", "1e3s", "366d", "1.5h3m", "0.5ms", "٣s"])
    func noInterval(_ text: String) {
        #expect(throws: SettingsProblem.self) { try SimulationSettings(["durations": ["scale": .string(text)]]) }
    }
}
