import Foundation
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("Commands that look at runs and playbooks, in process")
struct LookingCommandsTests {
    @Test("before the first run: runs lists none, the others say how to start one")
    func empty() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("runs", leaves: .finished).expect(
                "There are no runs yet; `turnout run PLAYBOOK` starts one.")
            for command in ["status", "events", "export"] {
                let shown = await bench.type(command, leaves: .usage)
                shown.expect("turnout: error: there are no runs yet; `turnout run PLAYBOOK` starts one", inErrors: true)
                #expect(shown.output.isEmpty)
                #expect(shown.named == ["turnout run PLAYBOOK"])
            }
            #expect(try await bench.type("runs --json", leaves: .finished).document() as? [String] == [])
        }
    }

    @Test("one run at its gate, as runs, status, events and export show it")
    func run() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            await bench.type("runs", leaves: .finished).expect("RUN", "demo-1", "waiting", "shop", "5/6 cut-over")
            let runs = try await bench.type("runs --json", leaves: .finished).document() as? [[String: Any]]
            #expect(runs?.first?["position"] as? Int == 4)

            let status = await bench.type("status", leaves: .finished)
            status.expect(
                "demo-1 waiting", "✓ canary", "◇ cut-over", "waits for an approval", "traffic", "as observed just now")
            #expect(status.offers.first == "turnout approve demo-1 --resume")
            let report = try await bench.type("status --json", leaves: .finished).document() as? [String: Any]
            #expect(report?["status"] as? String == "waiting")
            #expect(report?["next"] as? String == status.offers.first)
            let steps = report?["next_steps"] as? [[String: Any]]
            #expect(steps?.compactMap { $0["command"] as? String } == status.offers)

            let events = await bench.type("events demo-1", leaves: .finished)
            events.expect("1  ", "run.started", "baseline.observed", "gate.opened")
            let objects = try await bench.type("events --json", leaves: .finished).objects()
            #expect(objects.count == events.output.split(separator: "\n").count)
            #expect(objects.allSatisfy { $0["event"] is String && $0["hash"] is String })
            await bench.type("events --verify", leaves: .finished).expect("✓ demo-1: chain of", "holds")
            let verified = try await bench.type("events --verify --json", leaves: .finished).objects()
            #expect(verified.map { $0["holds"] as? Bool } == [true])
            await bench.type("events --verify --follow", leaves: .usage).expect("cannot be combined", inErrors: true)

            let export = try await bench.type("export", leaves: .finished).document() as? [String: Any]
            #expect((export?["events"] as? [Any])?.count == objects.count)
            #expect((export?["stages"] as? [Any])?.count == 6)
        }
    }

    @Test("of an endpoint that cannot be observed, the last state is shown as such")
    func blind() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            bench.backend.edit { $0.blindness = BackendError(.unavailable, "the network is down") }
            await bench.type("status", leaves: .finished)
                .expect("cannot be observed now: the network is down")
        }
    }

    @Test("a run that has ended is followed to its end at once")
    func ended() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo --approve all", leaves: .finished)
            await bench.type("status --watch", leaves: .finished).expect("demo-1 succeeded", "✓ delete-blue")
            let watched = try await bench.type("status --watch --json", leaves: .finished).objects()
            #expect(watched.map { $0["status"] as? String } == ["succeeded"])
            await bench.type("events --follow", leaves: .finished).expect("run.ended")
        }
    }

    @Test("playbooks are listed with their stages, and a broken one as broken")
    func playbooks() async throws {
        try await CommandBench.with { bench async throws in
            try bench.write("Playbooks/odd.yml", "name: [")
            await bench.type("playbooks", leaves: .finished).expect(
                "base", "define", "demo", "Replace blue by green", "define → deploy → test", "odd  broken",
                "see turnout check odd")
            let entries = try await bench.type("playbooks --json", leaves: .finished).document() as? [[String: Any]]
            #expect(entries?.compactMap { $0["name"] as? String } == ["base", "demo", "odd"])
            await bench.type("turnout check odd", leaves: .invalidPlaybook).expect("error")
        }
    }

    @Test("check reports every finding with its place and leaves with 65, or says that there is none")
    func check() async throws {
        try await CommandBench.with(
            CommandBench.demo.replacing("delete: {deployment: blue}", with: "delet: {deployment: blue}")
        ) { bench async throws in
            let found = await bench.type("check demo", leaves: .invalidPlaybook)
            found.expect(
                "demo.yml:", "error: unknown key 'delet' in a stage", "^~~~~", "did you mean 'delete'?", "1 error")
            let report =
                try await bench.type("check demo --json", leaves: .invalidPlaybook).document() as? [String: Any]
            #expect(report?["errors"] as? Int == 1)
            for command in ["run", "plan", "rehearse"] {
                let shown = await bench.type("\(command) demo", leaves: .invalidPlaybook)
                shown.expect("unknown key 'delet'", "has 1 error; nothing was changed", inErrors: true)
                #expect(shown.output.isEmpty)
            }
            await bench.type("check base", leaves: .finished).expect("base.yml: no findings")
            let schema = try await bench.type("check --schema", leaves: .finished).document() as? [String: Any]
            #expect(schema?["$schema"] is String)
            await bench.type("check", leaves: .usage).expect(
                "name a playbook; `turnout playbooks` lists them", inErrors: true)
        }
    }

    @Test("check warns of an approval by a group that this machine does not have, and not of one that it has")
    func groups() async throws {
        for (group, words) in [("leeds", "this machine has no group 'leeds'"), ("leads", "demo.yml: no findings")] {
            let playbook = CommandBench.demo.replacing("timeout: 24h}", with: "timeout: 24h, group: \(group)}")
            try await CommandBench.with(playbook) { bench async throws in
                await bench.type("check demo", leaves: .finished).expect(words)
            }
        }
    }

    @Test("a plan shows each change and makes none; the run takes its token, and not once the endpoint has changed")
    func plan() async throws {
        try await CommandBench.with { bench async throws in
            let plan = await bench.type("plan demo", leaves: .finished)
            plan.expect("demo on endpoint shop, scripted", "+  endpoint shop", "1 approval", "plan: ")
            let json = try await bench.type("plan demo --json", leaves: .finished).document() as? [String: Any]
            let token = try #require(json?["plan"] as? String)
            plan.expect("plan: \(token)\n")
            #expect(bench.backend.edit { $0.asked.isEmpty })
            await bench.type("run base", leaves: .finished)
            let stale = await bench.type("run demo --plan \(token)", leaves: .invalidPlaybook)
            #expect(stale.output.isEmpty)
            let again = try #require(stale.named.first, "\(stale.errors)")
            let fresh = await bench.type(again, leaves: .finished)
            let line = try #require(fresh.output.split(separator: "\n").last)
            await bench.type("run demo --approve all --plan \(line.dropFirst(6))", leaves: .finished)
        }
    }

    @Test("a rehearsal runs the whole playbook elsewhere")
    func rehearse() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("rehearse demo", leaves: .finished)
                .expect("demo on a simulated endpoint shop", "cut-over     approved by", "succeeded after")
            let report =
                try await bench.type("rehearse demo --json --seed 7", leaves: .finished).document() as? [String: Any]
            #expect(report?["status"] as? String == "succeeded")
            #expect(bench.backend.edit { $0.asked.isEmpty })
            #expect(try bench.journal.runs().isEmpty)
        }
    }

    @Test("doctor looks at the composition's workspace and names a playbook that cannot be planned")
    func doctor() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("doctor", leaves: .finished)
                .expect(
                    "playbooks  2 of 2 can be planned", "scripted is used without --backend", "no problems found")
            try bench.write("Playbooks/odd.yml", "name: odd\n")
            let shown = await bench.type("doctor", leaves: .failed)
            shown.expect("odd.yml", "see `turnout check odd`", "1 error")
            await bench.type(try #require(shown.named.first), leaves: .invalidPlaybook)
            let entries = try await bench.type("doctor --json", leaves: .failed).document() as? [[String: Any]]
            #expect(entries?.contains { $0["level"] as? String == "error" } == true)
        }
    }
}
