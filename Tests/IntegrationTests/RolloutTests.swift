import Foundation
import Testing

@Suite("Rollouts by the command line", .integration, .serialized, .timeLimit(.minutes(5)))
struct RolloutTests {
    @Test("approved ahead, all eight stages succeed and green has all traffic")
    func wholeRun() async throws {
        try await TurnoutHome.with { home throws in
            let ended = try home.run("run", "safe-rollout", "--approve", "all")
            #expect(ended.status == 0, "\(ended.errors)")
            let status = try home.status("safe-rollout-1")
            #expect(status.status == "succeeded")
            #expect(status.stages.count == 8)
            #expect(status.stages.filter { $0.status == "succeeded" }.count == 8)
            #expect(status.traffic == .init(wanted: ["green": 100], actual: ["green": 100]))
            #expect(try home.effects().last == "delete deployment blue")
        }
    }

    @Test("off a terminal a gate ends the process with 11 and the next command; approve --resume goes on")
    func gates() async throws {
        try await TurnoutHome.with { home throws in
            let ended = try home.run("run", "safe-rollout")
            #expect(ended.status == 11)
            #expect((ended.output + ended.errors).contains("turnout approve safe-rollout-1"))
            #expect(try home.run("approve", "--resume").status == 11)
            #expect(try home.run("approve", "--resume").status == 0)
            #expect(try home.status("safe-rollout-1").traffic.actual == ["green": 100])
        }
    }

    @Test("a rejection, a failing test and a deployment that never becomes ready leave blue with all traffic")
    func wayBack() async throws {
        try await TurnoutHome.with { home throws in
            #expect(try home.run("run", "safe-rollout").status == 11)
            #expect(try home.run("reject", "--resume", "--reason", "not today").status == 10)
            let status = try home.status("safe-rollout-1")
            #expect(status.status == "rolled_back")
            #expect(status.traffic == .init(wanted: ["blue": 100], actual: ["blue": 100]))
        }
        for fault in ["never_ready", "failing", "quota"] {
            try await TurnoutHome.with { home throws in
                let playbook = try home.read("Playbooks/safe-rollout.yml")
                let faulty = playbook.replacingOccurrences(
                    of: "green: {latency:", with: "green: {fault: \(fault), latency:")
                #expect(faulty != playbook)
                try home.write(faulty, to: "Playbooks/safe-rollout.yml")
                let ended = try home.run("run", "safe-rollout", "--approve", "all")
                #expect(ended.status == 10, "\(fault): \(ended.output)")
                let status = try home.status("safe-rollout-1")
                #expect(status.traffic == .init(wanted: ["blue": 100], actual: ["blue": 100]), "\(fault)")
            }
        }
    }

    @Test("retry without a name leaves alone what a later run has superseded; verify looks at all runs")
    func superseded() async throws {
        try await TurnoutHome.with { home throws in
            #expect(try home.run("run", "safe-rollout").status == 11)
            let rejected = try home.run("reject", "--resume", "--reason", "too slow")
            #expect(rejected.status == 10)
            #expect(rejected.output.components(separatedBy: "too slow").count <= 4, "asked, told once, and at the end")
            #expect(try home.run("run", "safe-rollout", "--approve", "all").status == 0)
            #expect(try home.run("retry").status == 64)
            let verified = try home.run("events", "--verify")
            #expect(verified.status == 0)
            #expect(verified.output.contains("safe-rollout-1") && verified.output.contains("safe-rollout-2"))
        }
    }

    @Test("an abort while the run waits restores the traffic")
    func abort() async throws {
        try await TurnoutHome.with { home throws in
            #expect(try home.run("run", "safe-rollout").status == 11)
            #expect(try home.run("abort", "--reason", "enough").status == 12)
            #expect(try home.status("safe-rollout-1").traffic.actual == ["blue": 100])
        }
    }

    @Test("P5 of two runs on one endpoint one runs, and the other ends with 13")
    func twoRuns() async throws {
        try await TurnoutHome.with { home throws in
            let first = try home.start(["run", "safe-rollout", "--wait"])
            try wait { (try? home.status("safe-rollout-1").status) == "waiting" }
            #expect(try home.run("run", "safe-rollout").status == 13)
            #expect(try home.run("resume", "safe-rollout-1").status == 13)
            #expect(try home.run("approve").status == 0)
            try wait { try home.status("safe-rollout-1").stages[6].status == "succeeded" }
            try wait { try home.status("safe-rollout-1").status == "waiting" }
            #expect(try home.run("approve").status == 0)
            #expect(try first.wait().status == 0)
        }
    }

    @Test("P5 P6 a stopped runner is overtaken after 30 s of silence; continued, it writes nothing and ends with 13")
    func overtaken() async throws {
        try await TurnoutHome.with { home throws in
            let first = try home.start(["run", "safe-rollout", "--wait"])
            try wait { (try? home.status("safe-rollout-1").status) == "waiting" }
            first.signal(SIGSTOP)
            #expect(try home.run("approve", "--stage", "cut-over").status == 0)
            #expect(try home.run("approve", "--stage", "delete-blue").status == 0)
            let second = try home.run("resume", "safe-rollout-1", "--take-over")
            #expect(second.status == 0, "\(second.errors)")
            let effects = try home.effects()
            let events = try home.run("events", "safe-rollout-1").output
            first.signal(SIGCONT)
            #expect(try first.wait().status == 13)
            #expect(try home.effects() == effects)
            #expect(try home.run("events", "safe-rollout-1").output == events)
            #expect(try home.run("events", "safe-rollout-1", "--verify").status == 0)
        }
    }

    @Test("P7 a playbook that is edited between a crash and the resumption is shown, and the snapshot is used")
    func edited() async throws {
        try await TurnoutHome.with { home throws in
            #expect(try home.run("run", "safe-rollout").status == 11)
            let playbook = try home.read("Playbooks/safe-rollout.yml")
            try home.write(
                playbook.replacingOccurrences(of: "required: 1, instructions", with: "required: 2, instructions"),
                to: "Playbooks/safe-rollout.yml")
            let ended = try home.run("approve", "--resume")
            #expect(ended.status == 11)
            #expect((ended.output + ended.errors).contains("required: 2"))
            #expect(try home.status("safe-rollout-1").stages[6].status == "succeeded")
        }
    }
}
