import Foundation
import Testing

@Suite("Rollouts on local endpoints, over HTTP", .integration, .serialized, .timeLimit(.minutes(10)))
struct LocalRolloutTests {
    private static let quick = ["--input", "at_least=1s"]
    private static let whole = ["run", "safe-rollout", "--approve", "all"] + quick

    @Test("all eight stages succeed within two minutes, under 500 requests a second of which none fails")
    func wholeRun() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let start = Date()
            let ended = try home.run(["run", "safe-rollout", "--approve", "all"])
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            #expect(Date().timeIntervalSince(start) < 120)
            #expect(ended.output.contains("clients send to http://127.0.0.1:"))
            let status = try home.local("safe-rollout-1")
            #expect(status.status == "succeeded")
            #expect(status.stages.count { $0.status == "succeeded" } == 8)
            #expect(status.traffic == .init(wanted: ["green": 100], actual: ["green": 100]))
            #expect(try home.effects().last == "delete deployment blue")
            let clients = try #require(status.clients)
            #expect(clients.sent > 10_000)
            #expect(clients.failed == 0, "\(clients)")
        }
    }

    @Test("a run that is killed in the middle goes on where it was, and does nothing twice")
    func killed() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let run = try home.start(Self.whole)
            try wait { try home.stage("canary") != "pending" }
            run.signal(SIGKILL)
            _ = try run.wait()
            let resumed = try home.run(["resume"])
            #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
            #expect(try home.status("safe-rollout-1").traffic.actual == ["green": 100])
            let effects = try home.effects()
            #expect(Set(effects).count == effects.count, "\(effects)")
            #expect(try home.run("doctor").status == 0)
        }
    }

    @Test("a standing emulator that is killed under load and started again only makes the run wait")
    func emulatorKilled() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let first = try home.serve()
            let run = try home.start(["run", "safe-rollout", "--approve", "all"])
            try wait { try home.stage("canary") == "running" }
            first.signal(SIGKILL)
            _ = try first.wait()
            let second = try home.serve()
            let ended = try run.wait()
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            #expect(try home.local("safe-rollout-1").traffic.actual == ["green": 100])
            #expect(try home.run("serve").status == 13)
            second.signal(SIGTERM)
            #expect(try second.wait().status == 0)
        }
    }

    @Test("a standing emulator that is killed and stays away is replaced by one that the run starts")
    func emulatorGone() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let standing = try home.serve()
            let run = try home.start(Self.whole)
            try wait { try home.stage("isolated-test") != "pending" }
            standing.signal(SIGKILL)
            let ended = try run.wait()
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            #expect(try home.status("safe-rollout-1").traffic.actual == ["green": 100])
        }
    }

    @Test("off a terminal a gate ends the process with 11, and clients are served on; approve --resume goes on")
    func gates() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let waiting = try home.run(["run", "safe-rollout"] + Self.quick)
            #expect(waiting.status == 11)
            #expect(waiting.output.contains("keeps answering until it has been unused for 30s"))
            let emulator = try #require(home.emulator)
            #expect(try home.run("approve", "--resume").status == 11)
            #expect(home.emulator == emulator)
            #expect(try home.run("approve", "--resume").status == 0)
            #expect(try home.status("safe-rollout-1").traffic.actual == ["green": 100])
        }
    }

    @Test("a deployment that never becomes ready and one that fails its test leave blue with all traffic")
    func wayBack() async throws {
        for fault in ["never_ready, fault_after: 2s", "failing"] {
            try await TurnoutHome.with(backend: "local") { home throws in
                let playbook = try home.read("Playbooks/safe-rollout.yml")
                let faulty = playbook.replacingOccurrences(
                    of: "green: {latency:", with: "green: {fault: \(fault), latency:")
                #expect(faulty != playbook)
                try home.write(
                    faulty.replacingOccurrences(of: "backoff: 10s", with: "backoff: 1s"),
                    to: "Playbooks/safe-rollout.yml")
                let ended = try home.run(Self.whole)
                #expect(ended.status == 10, "\(fault): \(ended.output)\(ended.errors)")
                let status = try home.local("safe-rollout-1")
                #expect(status.traffic == .init(wanted: ["blue": 100], actual: ["blue": 100]), "\(fault)")
                #expect(status.clients?.failed == 0, "\(fault)")
            }
        }
    }

    @Test("an endpoint is looked at, called and changed by hand")
    func byHand() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            #expect(try home.run(["run", "safe-rollout"] + Self.quick).status == 11)
            #expect(try home.run("endpoint", "show").output.contains("scoring URI http://127.0.0.1:"))
            let answered = try home.run("endpoint", "invoke", "--deployment", "green", "--data", "{}", "--times", "5")
            #expect(answered.status == 0, "\(answered.output)\(answered.errors)")
            let standing = try home.serve()
            let keys = try home.json([String: String].self, "endpoint", "keys")
            let renewed = try home.json([String: String].self, "endpoint", "keys", "--regenerate", "secondary")
            #expect(renewed["primary"] == keys["primary"] && renewed["secondary"] != keys["secondary"])
            #expect(try !home.run("endpoint", "logs", "--deployment", "green").output.isEmpty)
            let set = try home.run("endpoint", "traffic", "--set", "blue=80", "--set", "green=20")
            #expect(set.status == 0, "\(set.output)\(set.errors)")
            // The run waits at a gate, and finds what was changed behind its back.
            #expect(try home.run("approve", "--resume").status == 11)
            #expect(try home.local("safe-rollout-1").status == "held")
            standing.signal(SIGINT)
            #expect(try standing.wait().status == 0)
            #expect(try home.run("endpoint", "delete", "--yes", "--force").status == 0)
            #expect(try home.run("endpoint", "list").output.contains("no endpoint"))
        }
    }

    private func wait(until condition: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: 90)
        while try !condition() {
            try #require(Date() < deadline, "it never happened")
            Thread.sleep(forTimeInterval: 0.1)
        }
    }
}

extension TurnoutHome {
    struct LocalStatus: Decodable {
        struct Clients: Decodable {
            var sent: Int
            var failed: Int
            var failures: [String: Int]
        }
        var status: String
        var stages: [Status.Stage]
        var traffic: Status.Traffic
        var clients: Clients?
    }

    func local(_ run: String) throws -> LocalStatus { try json(LocalStatus.self, "status", run) }

    /// The status of a stage of the first run; `pending` before there is one.
    func stage(_ name: String) throws -> String {
        let ended = try run("status", "safe-rollout-1", "--json")
        guard ended.status == 0 else { return "pending" }
        let status = try JSONDecoder().decode(Status.self, from: Data(ended.output.utf8))
        return status.stages.first { $0.name == name }?.status ?? "pending"
    }

    /// A standing emulator that has said where it listens.
    func serve() throws -> Started {
        let serve = try start(["serve", "--json"])
        let deadline = Date(timeIntervalSinceNow: 30)
        while try !String(contentsOfFile: serve.output, encoding: .utf8).contains("\"event\":\"serving\"") {
            try #require(Date() < deadline && serve.process.isRunning, "the emulator does not say that it serves")
            Thread.sleep(forTimeInterval: 0.05)
        }
        return serve
    }
}
