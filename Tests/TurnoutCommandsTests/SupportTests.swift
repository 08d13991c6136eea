import ArgumentParser
import AzureEndpoints
import Foundation
import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite struct TextDifferenceTests {
    @Test("what was replaced is shown with three lines around it")
    func hunk() {
        let old = (1...12).map { "line \($0)" }.joined(separator: "\n")
        let new = old.replacing("line 6", with: "line six")
        let difference = TextDifference(from: old, to: new, oldName: "a", newName: "b")
        #expect(
            difference.lines == [
                "--- a", "+++ b", "@@ -3,7 +3,7 @@", " line 3", " line 4", " line 5", "-line 6", "+line six", " line 7",
                " line 8", " line 9",
            ])
    }

    @Test("equal texts differ in nothing; a last line break is no difference")
    func equal() {
        #expect(TextDifference(from: "a\nb\n", to: "a\nb", oldName: "a", newName: "b").lines.isEmpty)
    }
}

@Suite struct PlanBindingTests {
    @Test(
        "a hash of 12 digits or more, @ and a fingerprint",
        arguments: [
            ("0123456789ab@absent", true), ("0123@absent", false), ("0123456789ab", false), ("0123456789ab@", false),
            ("0123456789xy@f", false),
        ])
    func parsing(text: String, isBinding: Bool) { #expect((PlanBinding(text) != nil) == isBinding) }
}

@Suite struct BackendSelectionTests {
    @Test(
        "names, the variable, and what neither is",
        arguments: [
            (nil, nil, "local"), ("local", "simulated", "local"), ("simulated:managed", nil, "simulated"),
            ("simulated:kubernetes", "azure", "simulated:kubernetes"),
            (nil, "simulated:kubernetes", "simulated:kubernetes"),
            ("azure", nil, "azure"), ("kubernetes", nil, "kubernetes"), ("kubernets", nil, nil), (nil, "simulted", nil),
            ("local:kubernetes", nil, nil),
        ] as [(String?, String?, String?)])
    func names(option: String?, variable: String?, name: String?) {
        let environment = variable.map { ["TURNOUT_BACKEND": $0] } ?? [:]
        do throws(CommandFailure) {
            #expect(try BackendSelection(named: option, environment: environment).name == name)
        } catch {
            #expect(name == nil)
            #expect(error.status == .usage)
        }
    }

    @Test("a workspace's flags go before the playbook, and a run's own workspace before both")
    func workspace() throws {
        let selection = try BackendSelection(
            named: "azure", workspace: CloudWorkspace(resourceGroup: "flag-group", workspace: "flag-workspace"))
        let settled = selection.settled(["subscription": "book-sub", "workspace": "book-workspace"])
        #expect(settled["subscription"] == "book-sub")
        #expect(settled["resource_group"] == "flag-group" && settled["workspace"] == "flag-workspace")
        let plan = Plan(
            playbook: "p", backend: "azure", endpoint: "e", backendSettings: settled, stages: StageList([]))
        let resumed = try BackendSelection(of: plan).settled(["workspace": "edited", "subscription": "edited"])
        #expect(resumed["workspace"] == "flag-workspace" && resumed["subscription"] == "book-sub")
        #expect(try BackendSelection(named: "local").settled(["simulate": [:]]) == ["simulate": [:]])
    }

    @Test("a workspace's flags are for azure alone")
    func misplaced() {
        for name in ["local", "simulated"] {
            let error = #expect(throws: CommandFailure.self) {
                try BackendSelection(named: name, workspace: CloudWorkspace(workspace: "w"))
            }
            #expect(error?.status == .usage)
        }
    }
}

@Suite struct AdoptionTests {
    private func edited(_ change: (inout [Stage]) -> Void) -> PlanSnapshot {
        var plan = Sample.plan
        var stages = Array(plan.stages)
        change(&stages)
        plan.stages = StageList(stages)
        return PlanSnapshot(plan: plan, hash: "4567", contents: [:])
    }

    private var state: RunState { RunState(record: Sample.waiting().record, stages: Sample.stages) }

    @Test("P7: what is done cannot change")
    func done() {
        let new = edited { $0[1].bake = .minutes(5) }
        #expect(throws: CommandFailure.self) { try Adoption(new, of: Sample.plan, at: state) }
    }

    @Test("P7: what is still ahead may, and its record begins anew")
    func ahead() throws {
        let new = edited { stages in
            stages[2].bake = .minutes(1)
            stages[3] = Stage(name: "keep-blue", action: .wait(.hours(1)))
        }
        let adoption = try Adoption(new, of: Sample.plan, at: state)
        #expect(adoption.stages.map(\.name) == ["scale", "canary", "cut-over", "keep-blue"])
        #expect(adoption.stages.prefix(3) == Sample.stages.prefix(3))
        #expect(
            adoption.differences == [
                "stage delete-blue is gone", "stage keep-blue is new", "stage cut-over is defined otherwise",
            ])
    }
}

@Suite("Forks by retry")
struct RetryTests {
    private func plan(_ change: (inout [Stage]) -> Void) -> Plan {
        var plan = Sample.plan
        var stages = Array(plan.stages)
        change(&stages)
        plan.stages = StageList(stages)
        return plan
    }

    private func refusal(of new: Plan, _ words: [String] = [], parent: StoredRun = Sample.waiting()) throws -> String {
        let command = try RetryCommand.parse(["demo-1", "--adopt"] + words)
        return try #require(throws: CommandFailure.self) {
            try command.refuseChanges(in: new, since: parent, before: 2)
        }.message
    }

    @Test("a stage that counts as done and has changed is refused, with the command that begins with it and is not")
    func changed() throws {
        let new = plan { $0[1].bake = .minutes(5) }
        let message = try refusal(of: new, ["--approve", "cut-over"])
        #expect(message.contains("`turnout retry demo-1 --from canary --adopt --approve cut-over`"))
        try RetryCommand.parse([]).refuseChanges(in: new, since: Sample.waiting(), before: 1)
    }

    @Test("a stage of another name is begun before; where nothing is before, there is no fork")
    func renamed() throws {
        let new = plan { $0[1].name = "canaries" }
        #expect(try refusal(of: new).contains("`turnout retry demo-1 --from scale --adopt`"))
        try RetryCommand.parse([]).refuseChanges(in: new, since: Sample.waiting(), before: 0)
        #expect(try refusal(of: plan { $0[0].name = "grow" }).hasSuffix("start anew by `turnout run`"))
    }

    @Test("a fork does not begin behind what was taken back")
    func takenBack() throws {
        var parent = Sample.waiting()
        parent.stages[0].status = .rolledBack
        var old = parent.snapshot.plan
        old.stages = StageList(
            [old.stages[0], Stage(name: "canary", action: .scale("green", instanceCount: 2))] + old.stages.dropFirst(2))
        parent.snapshot = PlanSnapshot(plan: old, hash: "0123", contents: [:])
        #expect(try refusal(of: Sample.plan, parent: parent).contains("--from scale "))
    }

    @Test("approvals that the parent was given ahead of time are told, unless they are given again")
    func approvals() {
        func request(_ stage: String, shown: String? = nil) -> KeptRequest {
            KeptRequest(
                request: Request(
                    kind: .approve, stage: stage, planHash: "0123", fingerprint: shown, by: Sample.ann, at: Sample.start
                ),
                isUsed: false)
        }
        let kept = [request("cut-over"), request("delete-blue")]
        #expect(RetryCommand.dropped(kept, in: Sample.plan, from: 1, given: []) == ["cut-over", "delete-blue"])
        #expect(RetryCommand.dropped(kept, in: Sample.plan, from: 1, given: ["cut-over"]) == ["delete-blue"])
        #expect(RetryCommand.dropped(kept, in: Sample.plan, from: 3, given: []) == ["delete-blue"])
        #expect(RetryCommand.dropped([request("cut-over", shown: "f")], in: Sample.plan, from: 0, given: []).isEmpty)
    }
}

@Suite struct ProgramOutputTests {
    @Test("lines come whole, the rest at the end, and the last of it is kept")
    func lines() {
        var output = ProgramOutput()
        #expect(output.take(Array("one\r\ntw".utf8)) == ["one"])
        #expect(output.take(Array("o\nthree".utf8)) == ["two"])
        #expect(output.finish() == ["three"])
        #expect(output.tailText == ": one / two / three")
    }
}

@Suite("Programs of run stages", .timeLimit(.minutes(1))) struct ProgramRunnerTests {
    private let programs: ProgramRunner

    init() {
        let run = RunID(playbook: "demo", number: 1)
        programs = ProgramRunner(
            run: run, endpoint: "houses", folder: "/", keys: KeyFile(run: run, state: "/no/state"), backend: nil)
    }

    @Test(
        "how a program ends decides",
        arguments: [
            (["true"], nil), (["sh", "-c", "echo no >&2; exit 3"], "sh exited with 3: no"),
            (["sh", "-c", "kill -9 $$"], "sh was ended by signal 9"),
            (
                ["no-such-program"],
                "the program no-such-program could not be started: there is no no-such-program in PATH"
            ),
        ] as [([String], String?)])
    func endings(words: [String], failure: String?) async {
        #expect(await programs.run(Command(words: words)) { _, _ in } == failure)
    }

    @Test("a program is told its run, and its words go through no shell")
    func environment() async {
        var said: [String] = []
        let command = Command(
            words: ["sh", "-c", "echo $TURNOUT_RUN $X \"$1\"", "sh", "$HOME; ls"], environment: ["X": "y"])
        _ = await programs.run(command) { line, _ in said.append(line) }
        #expect(said == ["demo-1 y $HOME; ls"])
    }

    @Test("a program runs in the playbook's folder, which its own path is relative to, and learns its deployment")
    func folder() async throws {
        try await withScratchFolder { scratch in
            let path = scratch + "/where.sh"
            try Data("#!/bin/sh\nbasename $PWD; echo $TURNOUT_DEPLOYMENT ${TURNOUT_KEY_FILE-none}\n".utf8)
                .write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let run = RunID(playbook: "demo", number: 1)
            let programs = ProgramRunner(
                run: run, endpoint: "houses", folder: scratch, keys: KeyFile(run: run, state: scratch), backend: nil)
            var said: [String] = []
            let failure = await programs.run(Command(words: ["./where.sh"], deployment: "green")) { line, _ in
                said.append(line)
            }
            #expect(failure == nil)
            #expect(said == [URL(filePath: scratch).lastPathComponent, "green none"])
        }
    }

    @Test("a key's file is for its user alone, and goes with the program")
    func keyFile() async throws {
        try await withScratchFolder { scratch in
            let file = KeyFile(run: RunID(playbook: "demo", number: 1), state: scratch)
            let path = try file.write("secret")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "secret")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            file.remove()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("cancelling ends the program and its children")
    func cancelling() async {
        let task = Task { await programs.run(Command(words: ["sh", "-c", "sleep 60; true"])) { _, _ in } }
        task.cancel()
        #expect(await task.value == "sh was ended by signal 15")
    }
}
