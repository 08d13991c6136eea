import Foundation
import RolloutEngine
import RolloutService
import RolloutTesting
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite("Commands that work on runs, in process")
struct RunCommandsTests {
    @Test("a run stops at its gate with 11, and the command that it offers ends it with 0")
    func approved() async throws {
        try await CommandBench.with { bench async throws in
            let start = await bench.type("turnout run demo", leaves: .waitingForPerson)
            start.expect(
                "demo-1: 6 stages on scripted/shop", "canary", "bakes until",
                "demo-1 waiting for an approval of stage cut-over", "instructions: Look at the canary",
                "traffic {blue: 90, green: 10}, as observed")
            #expect(start.errors.isEmpty, "\(start.errors)")
            #expect(
                start.offers == [
                    "turnout approve demo-1 --resume", "turnout reject demo-1 --resume --reason TEXT",
                    "turnout abort demo-1",
                ])
            let end = await bench.type(try #require(start.offers.first), leaves: .finished)
            end.expect("demo-1: stage cut-over approved by ada@desk (asserted)", "delete-blue", "demo-1 succeeded")
            #expect(end.offers.isEmpty)
            #expect(try bench.snapshot()?.deployments.map(\.name) == ["green"])
        }
    }

    @Test(
        "P21: what is offered beside the approval works as printed",
        arguments: [
            (
                "turnout reject demo-1 --resume --reason TEXT", TurnoutCommands.ExitStatus.rolledBack,
                RunStatus.rolledBack
            ),
            ("turnout abort demo-1", .aborted, .aborted),
        ])
    func otherWays(command: String, status: TurnoutCommands.ExitStatus, comesTo: RunStatus) async throws {
        try await CommandBench.with { bench async throws in
            let start = await bench.type("run demo", leaves: .waitingForPerson)
            #expect(start.offers.contains(command))
            let end = await bench.type(command, leaves: status)
            end.expect("demo-1 \(comesTo.words)", "traffic was restored: {blue: 100}, as observed")
            #expect(try bench.record().status == comesTo)
            #expect(try bench.snapshot()?.traffic.actual == ["blue": 100])
            #expect(end.offers == ["turnout retry demo-1"])
            let fork = await bench.type("turnout retry demo-1 --approve all", leaves: .finished)
            fork.expect("demo-2: 6 stages on scripted/shop, forked from demo-1 at", "demo-2 succeeded")
        }
    }

    @Test("--approve all goes through the gates, with --json as objects with an event, run.summary at last")
    func json() async throws {
        try await CommandBench.with { bench async throws in
            let shown = await bench.type("run demo --approve all --json", leaves: .finished)
            let events = try shown.objects().map { try #require($0["event"] as? String) }
            #expect(events.first == "run.started")
            #expect(events.last == "run.summary")
            #expect(events.count { $0 == "run.summary" } == 1)
            #expect(try shown.objects().last?["status"] as? String == "succeeded")
            #expect(try shown.objects().allSatisfy { $0["run"] as? String == "demo-1" })
        }
    }

    @Test("with --json, what an approval says is on standard error, and standard output is the run's")
    func jsonDecision() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo --json", leaves: .waitingForPerson)
            let shown = await bench.type("approve --resume --json --reason 'it is clean'", leaves: .finished)
            shown.expect("stage cut-over approved by ada@desk (asserted): it is clean", inErrors: true)
            #expect(try shown.objects().allSatisfy { $0["event"] is String })
            #expect(try shown.objects().last?["event"] as? String == "run.summary")
        }
    }

    @Test("with --json commands on runs write objects with an event, run.summary at last, or an error with what to do")
    func jsonEvents() async throws {
        try await CommandBench.with { bench async throws in
            func events(_ command: String, leaves status: TurnoutCommands.ExitStatus) async throws -> [String] {
                try await bench.type(command, leaves: status).objects().map { try #require($0["event"] as? String) }
            }
            func refusal(_ command: String, leaves status: TurnoutCommands.ExitStatus) async throws -> [String: Any] {
                let objects = try await bench.type(command, leaves: status).objects()
                #expect(objects.count == 1 && objects.first?["event"] as? String == "error", "\(command): \(objects)")
                #expect((objects.first?["message"] as? String)?.isEmpty == false)
                return objects.first ?? [:]
            }
            var error = try await refusal("status --json", leaves: .usage)
            #expect(error["code"] as? String == "not_possible")
            #expect(error["next"] as? [String] == ["turnout run PLAYBOOK"])
            error = try await refusal("run demo --json --input a=b", leaves: .invalidPlaybook)
            #expect(error["code"] as? String == "invalid_playbook")
            error = try await refusal("resume --json --adopt --restore", leaves: .usage)
            #expect(error["code"] as? String == "usage")
            #expect(try await events("run demo --json", leaves: .waitingForPerson).last == "run.summary")
            error = try await refusal("retry demo-1 --json", leaves: .usage)
            #expect((error["next"] as? [String])?.first == "turnout approve demo-1 --resume")
            error = try await refusal("run demo --json", leaves: .notOurs)
            #expect(error["code"] as? String == "taken")

            #expect(
                try await events("skip --stage delete-blue --reason 'blue stays' --json", leaves: .finished)
                    == ["run.summary"])
            #expect(try await events("approve --json", leaves: .finished) == ["request.made", "run.summary"])
            #expect(try await events("events --verify --json", leaves: .finished) == ["chain.verified"])
            let status = try await bench.type("status --json", leaves: .finished).document() as? [String: Any]
            #expect(status?["event"] as? String == "run.summary")
            let other = bench.journal.openAgain()
            let lease = try other.acquireLease(
                on: try bench.record().leaseKey, for: CommandBench.run, takeOver: false)
            #expect(try await events("abort --json", leaves: .finished) == ["run.summary"])
            try other.release(lease)
            #expect(try await events("resume --json", leaves: .aborted).last == "run.summary")
        }
    }

    @Test("who waits at a gate waits until its deadline, and then does what the gate says")
    func timeout() async throws {
        try await CommandBench.with { bench async throws in
            let shown = await bench.type("run demo --wait", leaves: .rolledBack)
            shown.expect("waits for an approval until 2026-11-23", "demo-1 rolled back")
            #expect(try bench.snapshot()?.traffic.actual == ["blue": 100])
        }
    }

    @Test(
        "P10 P21: the first command that sees an expired gate writes it down, and says how its on_timeout is carried out"
    )
    func expired() async throws {
        try await CommandBench.with { bench async throws in
            func marks() throws -> Int {
                try bench.journal.events(of: CommandBench.run, after: 0).count { $0.kind == "gate.expired" }
            }
            await bench.type("run demo", leaves: .waitingForPerson)
            await bench.type("status", leaves: .finished)
            #expect(try marks() == 0, "there is time")
            bench.backend.clock.advance(by: .hours(25))
            for command in ["plan demo", "check demo", "rehearse demo"] {
                await bench.type(command, leaves: .finished)
                #expect(try marks() == 0, "P16: \(command) changes nothing")
            }
            // A process that works on the run sees to its deadlines by itself.
            let lease = try bench.journal.acquireLease(
                on: try bench.record().leaseKey, for: CommandBench.run, takeOver: false)
            await bench.type("status", leaves: .finished)
            #expect(try marks() == 0)
            try bench.journal.release(lease)
            var readOnly = bench
            readOnly.writeError = JournalError(.readOnly, "the state folder is read-only")
            let looked = await readOnly.type("status", leaves: .finished)
            #expect(looked.offers.first == "turnout resume demo-1" && looked.errors.isEmpty)
            #expect(try marks() == 0)

            let asked = bench.backend.edit { $0.asked.count }
            await bench.type("runs", leaves: .finished).expect("demo-1", "expired")
            let status = await bench.type("status", leaves: .finished)
            await bench.type("approve", leaves: .usage).expect(
                "`turnout resume demo-1` continues it", inErrors: true)
            await bench.type("skip --reason late", leaves: .usage).expect(
                "`turnout resume demo-1` continues it", inErrors: true)
            #expect(try marks() == 1 && bench.backend.edit { $0.asked.count } == asked)
            #expect(try bench.journal.verify(CommandBench.run).isEmpty && bench.journal.leases().isEmpty)
            await bench.type("events", leaves: .finished).expect(
                "gate.expired", "the approval of stage cut-over timed out at", "on_timeout is roll_back")
            status.expect("demo-1 expired", "next: turnout resume demo-1", "to carry out its on_timeout (roll_back)")
            #expect(status.offers == ["turnout resume demo-1", "turnout abort demo-1"])
            await bench.type(try #require(status.offers.first), leaves: .rolledBack).expect("demo-1 rolled back")
            #expect(try bench.snapshot()?.traffic.actual == ["blue": 100])
        }
    }

    @Test("P10: turnout serve carries out an expired gate's on_timeout, unless a process works on the run")
    func deadlineWatch() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            let watch = DeadlineWatch(json: false)
            #expect(await bench.acting { await watch.due() }.isEmpty, "there is time")
            bench.backend.clock.advance(by: .hours(25))
            let lease = try bench.journal.acquireLease(
                on: try bench.record().leaseKey, for: CommandBench.run, takeOver: false)
            #expect(await bench.acting { await watch.due() }.isEmpty)
            try bench.journal.release(lease)
            #expect(await bench.acting { await watch.due() } == [CommandBench.run])
            // Gates that a command has marked are due as well.
            await bench.type("status", leaves: .finished).expect("demo-1 expired")
            #expect(await bench.acting { await watch.due() } == [CommandBench.run])
            await bench.acting { await watch.carryOut(CommandBench.run) }
            #expect(try bench.record().status == .rolledBack && bench.journal.leases().isEmpty)
            #expect(try bench.snapshot()?.traffic.actual == ["blue": 100])
            #expect(await bench.acting { await watch.due() }.isEmpty)
        }
    }

    @Test("a refused change rolls the run back with 10; the retry that is offered forks it")
    func rolledBack() async throws {
        try await CommandBench.with { bench async throws in
            bench.refuseTraffic(BackendError(.refused, "the quota is used up"))
            let end = await bench.type("run demo", leaves: .rolledBack)
            end.expect(
                "canary", "the attempt failed: 'traffic {blue: 90, green: 10}' was refused: the quota is used up",
                "demo-1 rolled back", "the quota is used up", "to try again from stage canary, in a new run")
            #expect(end.offers == ["turnout retry demo-1"])
            bench.backend.edit { $0.answer = { _ in .done } }
            let fork = await bench.type(try #require(end.offers.first), leaves: .waitingForPerson)
            fork.expect("forked from demo-1 at canary", "demo-2 waiting for an approval of stage cut-over")
            let again = await bench.type("retry demo-1 --from test", leaves: .notOurs)
            #expect(again.offers.first == "turnout approve demo-2 --resume", "\(again.errors)")
        }
    }

    @Test("wrong answers of the new deployment fail its test, and roll the run back")
    func wrongAnswers() async throws {
        try await CommandBench.with { bench async throws in
            bench.backend.edit { script in
                script.response = { InferenceResponse(status: 500, body: "no", latency: .zero, deployment: $0) }
            }
            await bench.type("run demo", leaves: .rolledBack).expect("test", "500", "demo-1 rolled back")
        }
    }

    @Test("an answer that is lost is made up for by looking")
    func lostAnswer() async throws {
        try await CommandBench.with { bench async throws in
            bench.backend.edit { script in
                script.answer = { if case .scale = $0 { .done } else { .lost } }
            }
            await bench.type("run demo", leaves: .waitingForPerson)
            let deployed = bench.backend.edit { script in
                script.asked.count { if case .putDeployment = $0 { true } else { false } }
            }
            #expect(deployed == 2, "each deployment is put once")
        }
    }

    @Test(
        "P21: every way out of a held stage works as printed",
        arguments: [
            ("turnout retry demo-1", TurnoutCommands.ExitStatus.waitingForPerson),
            ("turnout skip demo-1 --resume --reason TEXT", .rolledBack),
            ("turnout skip demo-1 --succeeded --resume --reason TEXT", .rolledBack),
            ("turnout abort demo-1", .aborted),
        ])
    func held(command: String, status: TurnoutCommands.ExitStatus) async throws {
        try await CommandBench.with { bench async throws in
            bench.backend.edit { script in
                script.answer = {
                    guard case .putDeployment(let definition) = $0, definition.name == "green" else { return .done }
                    return .failed("ImagePullBackOff")
                }
            }
            let held = await bench.type("run demo", leaves: .waitingForPerson)
            held.expect("demo-1 held: stage deploy failed", "ImagePullBackOff")
            #expect(held.offers.count == 4 && held.offers.contains(command), "\(held.offers)")
            bench.backend.edit { $0.answer = { _ in .done } }
            // Without the deployment, the canary that follows a skipped stage is refused.
            await bench.type(command, leaves: status)
            #expect(try bench.record().status != .held)
        }
    }

    @Test("a held run takes approvals of its stages ahead of time, and says so to who forks it with them")
    func heldApprovals() async throws {
        try await CommandBench.with { bench async throws in
            bench.backend.edit { script in
                script.answer = {
                    guard case .putDeployment(let definition) = $0, definition.name == "green" else { return .done }
                    return .failed("ImagePullBackOff")
                }
            }
            await bench.type("run demo", leaves: .waitingForPerson)
            let refused = await bench.type("retry --approve all", leaves: .usage)
            refused.expect("`turnout approve demo-1 --stage STAGE` approves its stages in advance", inErrors: true)
            let early = await bench.type("approve demo-1 --stage cut-over", leaves: .finished)
            early.expect("approved by ada@desk (asserted), in advance", "next: turnout retry demo-1")
            bench.backend.edit { $0.answer = { _ in .done } }
            let retried = await bench.type(try #require(early.offers.first), leaves: .finished)
            retried.expect("demo-1 succeeded")
            retried.expect(
                "note: when the gate of stage cut-over opens, the advance approval by ada@desk of", "will be used",
                inErrors: true)
        }
    }

    @Test(
        "P9: of two opposite decisions that one person makes ahead of a gate, the later takes the earlier one's place")
    func thoughtBetter() async throws {
        try await CommandBench.with { bench async throws in
            bench.backend.edit { script in
                script.answer = {
                    guard case .putDeployment(let definition) = $0, definition.name == "green" else { return .done }
                    return .failed("ImagePullBackOff")
                }
            }
            await bench.type("run demo", leaves: .waitingForPerson)
            await bench.type("approve demo-1 --stage cut-over", leaves: .finished)
            let changed = await bench.type("reject demo-1 --stage cut-over --reason 'too early'", leaves: .finished)
            changed.expect("rejected by ada@desk (asserted), in advance, replacing the approval of")
            await bench.asked(by: .bob).type("approve demo-1 --stage cut-over", leaves: .usage)
                .expect("was rejected by ada@desk", "the first decision counts", inErrors: true)
            let report = try await bench.type("status --json", leaves: .finished).document() as? [String: Any]
            let decisions = report?["decisions"] as? [[String: Any]]
            #expect(decisions?.compactMap { $0["kind"] as? String } == ["reject"])
            bench.backend.edit { $0.answer = { _ in .done } }
            await bench.type("retry", leaves: .rolledBack).expect(
                "request 1 is void: replaced by request 2 of ada@desk", "rejected by ada@desk: too early")
            #expect(try bench.journal.requests(of: CommandBench.run).prefix(2).allSatisfy(\.isUsed))
            #expect(try bench.journal.verify(CommandBench.run).isEmpty)
        }
    }

    @Test(
        "P21: a change by somebody else holds the run; restore and adopt work as printed",
        arguments: ["turnout resume demo-1 --restore", "turnout resume demo-1 --adopt"])
    func drift(command: String) async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            try bench.meddle(.setTraffic(["blue": 100]))
            let status = await bench.type("status", leaves: .finished)
            status.expect("drift: traffic: expected {blue: 90, green: 10}, observed {blue: 100}")
            let held = await bench.type(try #require(status.offers.first), leaves: .waitingForPerson)
            held.expect("demo-1 held: the endpoint differs from what this run left")
            #expect(held.offers.contains(command))
            let asked = await bench.type(command, leaves: .waitingForPerson)
            asked.expect("demo-1 waiting for an approval of stage cut-over")
            await bench.type(try #require(asked.offers.first), leaves: .finished).expect("demo-1 succeeded")
        }
    }

    @Test("P21: what a run offers after a restored drift counts, though its gate was approved before")
    func approvedAgain() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            try bench.meddle(.setTraffic(["blue": 100]))
            let held = await bench.type("approve --resume", leaves: .waitingForPerson)
            held.expect("the approval is void", "demo-1 held")
            let asked = await bench.type(try #require(held.offers.first), leaves: .waitingForPerson)
            #expect(asked.offers.count == 3)
            await bench.type(try #require(asked.offers.first), leaves: .finished).expect("demo-1 succeeded")
        }
    }

    @Test("P21: a run that goes on offers --adopt only where it will stop with the edited stage still ahead")
    func editedAhead() async throws {
        for (gate, isOffered) in [("", false), ("    approval: {timeout: 1h}\n", true)] {
            let playbook = CommandBench.demo + gate
            try await CommandBench.with(playbook) { bench async throws in
                await bench.type("run demo", leaves: .waitingForPerson)
                let edited = playbook.replacing("Replace blue by green, asked once.", with: "Replace blue by green.")
                try bench.write("Playbooks/demo.yml", edited)
                let resumed = await bench.type("approve --resume", leaves: isOffered ? .waitingForPerson : .finished)
                resumed.expect("Playbooks/demo.yml changed since the run started", inErrors: true)
                #expect(resumed.named.contains("turnout resume demo-1 --adopt") == isOffered)
                guard isOffered else { return }
                await bench.type("turnout resume demo-1 --adopt", leaves: .waitingForPerson)
                    .expect("the edited playbook is used from now on")
            }
        }
    }

    @Test("an interrupted run leaves with 130, and goes on by the command that it offers")
    func interrupted() async throws {
        try await CommandBench.with { bench async throws in
            bench.backend.edit { script in
                script.answer = {
                    if case .setTraffic(let traffic) = $0, traffic["green"] == 10 {
                        withUnsafeCurrentTask { $0?.cancel() }
                    }
                    return .done
                }
            }
            let left = await bench.type("run demo", leaves: .interrupted)
            left.expect("demo-1 interrupted: all progress is saved; stage canary is next")
            await bench.type("status", leaves: .finished).expect("demo-1 interrupted")
            bench.backend.edit { $0.answer = { _ in .done } }
            let resumed = await bench.type(try #require(left.offers.first), leaves: .waitingForPerson)
            resumed.expect("resumed by ada@desk", "demo-1 waiting for an approval of stage cut-over")
            #expect(bench.backend.edit { $0.asked.count { $0 == .setTraffic(["blue": 90, "green": 10]) } } == 1)
        }
    }

    @Test("a stage that is skipped without --resume is kept, and the command that is offered uses it")
    func skipped() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            let kept = await bench.type("skip --stage delete-blue --reason 'blue stays'", leaves: .finished)
            kept.expect("stage delete-blue will be skipped, requested by ada@desk: blue stays", inErrors: true)
            let next = try #require(kept.offers.first)
            await bench.type(next, leaves: .finished).expect("delete-blue", "skipped by ada@desk: blue stays")
            #expect(try bench.snapshot()?.deployments.map(\.name) == ["blue", "green"])
            await bench.type("skip --reason ' '", leaves: .usage).expect("--reason must not be empty", inErrors: true)
        }
    }

    @Test("who may not decide is told who may; who decides late, that it was decided")
    func decisions() async throws {
        let barred = CommandBench.demo.replacing(
            "timeout: 24h}", with: "timeout: 24h, starter_may_approve: false, group: leads}")
        try await CommandBench.with(barred) { bench async throws in
            let start = await bench.type("run demo", leaves: .waitingForPerson)
            start.expect("ada@desk started the run and may not approve this stage: another person must decide with")
            await bench.type("approve", leaves: .usage).expect("must be approved by another person", inErrors: true)
            await bench.type("approve --by 'a b!'", leaves: .usage).expect("--by: ", inErrors: true)
            await bench.type("approve --stage canary", leaves: .usage)
                .expect("stage canary requires no approval; stages with an approval: cut-over", inErrors: true)
            let bob = bench.asked(by: .bob)
            let made = await bob.type("approve", leaves: .finished)
            made.expect("approved by bob@desk", "next: turnout resume demo-1")
            await bob.type("reject", leaves: .usage).expect("the first decision counts", inErrors: true)
            await bench.type(try #require(made.offers.first), leaves: .finished).expect("demo-1 succeeded")
            await bob.type("approve demo-1", leaves: .usage)
                .expect("run demo-1 has ended (succeeded): there is nothing to decide", inErrors: true)
        }
    }

    @Test("what is typed wrong leaves with 64 and says what would be right")
    func usage() async throws {
        try await CommandBench.with { bench async throws in
            for command in ["resume", "retry", "abort", "skip --reason x", "approve", "reject"] {
                await bench.type(command, leaves: .usage)
                    .expect("there are no runs yet; `turnout run PLAYBOOK` starts one", inErrors: true)
            }
            await bench.type("run dem", leaves: .usage).expect("did you mean 'demo'?", inErrors: true)
            await bench.type("run demo --backend x", leaves: .usage).expect("this build has scripted", inErrors: true)
            await bench.type("run demo --plan x", leaves: .usage).expect("'x' is not a plan ID", inErrors: true)
            await bench.type("resume demo-1 --adopt --restore", leaves: .usage).expect(
                "cannot be combined", inErrors: true)
            await bench.type("rnu", leaves: .usage).expect("did you mean 'run'?", inErrors: true)
            await bench.type("run demo --input a=b", leaves: .invalidPlaybook)
                .expect("there is no input 'a'", "nothing was changed", inErrors: true)
            await bench.type("run demo", leaves: .waitingForPerson)
            await bench.type("status demo-2", leaves: .usage).expect("did you mean 'demo-1'?", inErrors: true)
            let taken = await bench.type("run demo", leaves: .notOurs)
            taken.expect("run demo-1 has not ended", inErrors: true)
            #expect(taken.offers.first == "turnout approve demo-1 --resume")
        }
    }

    @Test("while another process works on a run, requests are left to it, and work is refused with 13")
    func elsewhere() async throws {
        try await CommandBench.with { bench async throws in
            await bench.type("run demo", leaves: .waitingForPerson)
            let other = bench.journal.openAgain()
            let key = try bench.record().leaseKey
            _ = try other.acquireLease(on: key, for: CommandBench.run, takeOver: false)
            let status = await bench.type("status", leaves: .finished)
            #expect(status.offers.first == "turnout approve demo-1")
            await bench.type("runs", leaves: .finished).expect("demo-1", "held by process")
            await bench.type(try #require(status.offers.first), leaves: .finished)
                .expect("the process that is working on demo-1 will carry it out")
            await bench.type("abort", leaves: .finished)
                .expect(
                    "is working on demo-1 and rolls it back; follow it with `turnout status demo-1 --watch`",
                    inErrors: true)
            await bench.type("resume", leaves: .notOurs).expect("wait for it", inErrors: true)
            await bench.type("run demo", leaves: .notOurs).expect("next: turnout status demo-1 --watch", inErrors: true)
            bench.backend.clock.advance(by: .minutes(5))
            let silent = await bench.type("status", leaves: .finished)
            #expect(silent.offers == ["turnout resume demo-1 --take-over"])
            await bench.type(try #require(silent.offers.first), leaves: .aborted).expect("demo-1 aborted")
        }
    }

    @Test("P14 P21: a run whose state could not be written says that resume goes on with it, and it does")
    func fullDisk() async throws {
        try await CommandBench.with { bench async throws in
            bench.refuseTraffic(BackendError(.storage, "local.sqlite: no space is left; free some space"))
            let full = await bench.type("run demo", leaves: .stateNotWritten)
            full.expect("free some space; `turnout resume demo-1` continues it", inErrors: true)
            #expect(!full.errors.contains("again"))
            bench.backend.edit { $0.answer = { _ in .done } }
            await bench.type(try #require(full.named.last), leaves: .waitingForPerson)
        }
    }

    @Test("a state that cannot be written leaves with 74, and so does an output that cannot be")
    func storage() async throws {
        try await CommandBench.with { bench async throws in
            var full = bench
            full.journalError = JournalError(.noSpace, "the disk is full")
            await full.type("run demo", leaves: .stateNotWritten)
                .expect("turnout: error: the disk is full", inErrors: true)
            #expect(bench.backend.edit { $0.asked.isEmpty })
            full = bench
            full.outputError = ENOSPC
            await full.type("runs", leaves: .stateNotWritten)
                .expect("cannot write to standard output", inErrors: true)
            full.outputError = EPIPE
            await full.type("runs", leaves: .finished)
        }
    }
}

extension CommandBench {
    /// Lets the backend refuse green any traffic.
    fileprivate func refuseTraffic(_ error: BackendError) {
        backend.edit { script in
            script.answer = {
                guard case .setTraffic(let traffic) = $0, traffic["green"] > 0 else { return .done }
                return .refused(error)
            }
        }
    }
}
