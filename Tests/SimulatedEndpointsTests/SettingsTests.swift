import PlaybookSyntax
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
        #expect(
            try SimulationSettings(["seed": "", "users": .null, "durations": ["scale": ""]]) == SimulationSettings())
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
        "what is wrong is reported with its path and what would be right",
        arguments: [
            ("text", " is wrong: the settings must be a mapping, not 'text'"),
            (["sede": 1], ".sede is wrong: unknown key 'sede' in the settings; did you mean 'seed'?"),
            (["kind": "kubernets"], ".kind is wrong: kind cannot be 'kubernets'; did you mean 'kubernetes'?"),
            (["seed": -1], ".seed is wrong: seed is -1; it must be"),
            (["durations": ["trafic": "1s"]], ".durations.trafic is wrong: unknown key 'trafic'"),
            (
                ["durations": ["traffic": "1 parsec"]],
                ".durations.traffic is wrong: traffic: '1 parsec' has no unit; write a duration as 250ms, 10s"
            ),
            (["durations": ["traffic": -1]], ".durations.traffic is wrong: traffic: '-1' is negative"),
            (
                ["simulate": ["green": ["fault": "crash"]]],
                ".simulate.green.fault is wrong: fault cannot be 'crash'; possible values: never_ready, crash_after"
            ),
            (
                ["simulate": ["green": ["errors": "101%"]]],
                ".simulate.green.errors is wrong: errors: '101%' is out of range; it must be 0% to 100%"
            ),
            (
                ["simulate": ["green": ["latency": ["p50": "2s", "p99": "1s"]]]],
                ".simulate.green.latency.p99 is 1s, which is less than p50, 2s"
            ),
            (
                ["simulate": ["green": ["latency": ["p50": 0]]]],
                ".simulate.green.latency.p50 is 0s: it must be at least 1ms, unless p99 is 0ms too"
            ),
            (["simulate": ["green": ["replaces_code": true]]], ".simulate.green.replaces_code is wrong: unknown key"),
            (["simulate": ["green": 1]], ".simulate.green is wrong: a profile must be a mapping, not '1'"),
            (
                ["simulate": ["green": ["leak": ["per": "0s", "errors": "1%"]]]],
                ".simulate.green.leak.per is wrong: per: '0s' is too short; it must be greater than 0s"
            ),
            (["simulate": ["green": ["leak": ["errors": "1%"]]]], ".simulate.green.leak is wrong: a leak has no 'per'"),
            (
                ["simulate": ["green": ["cold_start": ["for": "30s"]]]],
                ".simulate.green.cold_start has no effect: add latency_factor, errors or both"
            ),
            (
                ["simulate": ["green": ["bad_instance": ["latency_factor": .number(0.5)]]]],
                ".simulate.green.bad_instance.latency_factor is wrong: latency_factor is 0.5; it must be 1.0 to 1000.0"
            ),
            (
                ["simulate": ["green": ["under_load": ["above": "20/h", "errors": 1]]]],
                ".simulate.green.under_load.above is wrong: above: '20/h' is not a rate; a rate is written 50/s or 90/m"
            ),
            (["simulate": ["green": ["cold_strat": [:]]]], ".simulate.green.cold_strat is wrong: unknown key"),
            (["incidents": ["for": "2m"]], ".incidents is wrong: incidents must be a list, not a mapping"),
            (
                ["incidents": [["at": "1m", "for": "2m", "errors": 1], ["for": "2m", "errors": 1]]],
                ".incidents.1 is wrong: an incident has no 'at'"
            ),
            (["incidents": [["at": "1m", "for": "2m"]]], ".incidents.0 has no effect: add latency_factor"),
            (["users": ["count": 10, "failing": 11]], ".users.failing is 11, but count is 10"),
            (["users": ["failing": 1]], ".users is wrong: users has no 'count'"),
            (
                ["simulate": ["Green": [:], "green": [:]]],
                ".simulate.green is wrong: 'green' is given twice in simulate"
            ),
        ] as [(Value, String)])
    func problems(_ value: Value, _ sentence: String) throws {
        let problem = try #require(throws: SettingsProblem.self) { try SimulationSettings(value) }
        #expect(problem.description.hasPrefix("backends.simulated" + sentence), "\(problem)")
    }

    @Test(
        "texts that are no length of time",
        arguments: ["10", "m", "1m1h", "1s1s", "1..5s", "-1s", "1e3s", "366d", "1.5h3m", "0.5ms", "٣s"])
    func noInterval(_ text: String) {
        #expect(throws: SettingsProblem.self) { try SimulationSettings(["durations": ["scale": .string(text)]]) }
    }
}
