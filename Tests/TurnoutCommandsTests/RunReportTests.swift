import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands
import RolloutTesting

@Suite struct RunReportTests {
    @Test("every key is there, with null for what is not known")
    func keys() throws {
        let report = RunReport(
            RunSituation(
                record: Sample.record(.waiting(Sample.gate()), .waiting, position: 0),
                stages: Array(Sample.stages.prefix(3).suffix(1))))
        let expected = """
            {"analysis":null,"backend":"simulated","clients":null,"decisions":[],"drift":[],"ended":null,"endpoint":"houses","event":"run.summary",\
            "mirror_traffic":{"actual":{},"wanted":{}},"next":"turnout approve demo-1 --resume",\
            "next_steps":[{"command":"turnout approve demo-1 --resume","operation":"approve","purpose":"approve and continue"},\
            {"command":"turnout reject demo-1 --resume --reason TEXT","operation":"reject","purpose":"reject"},\
            {"command":"turnout abort demo-1","operation":"abort","purpose":"roll back and end it"}],"observed":null,"others":null,"playbook":"demo","roles":null,"run":"demo-1","runner":"stopped","servers":{},"stages":[{"action":"traffic","attempts":0,"ended":null,"name":"cut-over","reason":null,\
            "started":"2026-11-22T23:33:00.000Z","status":"waiting"}],"started":"2026-11-22T23:00:00.000Z",\
            "starter":"ann@vm","status":"waiting",\
            "traffic":{"actual":{"blue":90,"green":10},"wanted":{"blue":90,"green":10}},\
            "unobservable":null,"waiting_for":"an approval of stage cut-over, until 2026-11-23 23:00:00 UTC"}
            """
        #expect(try JSONText.line(report) == expected)
    }

    @Test("what is waited for says how many have approved")
    func quorum() {
        let record = Sample.record(.waiting(Sample.gate(approvals: [Sample.ann])), .waiting)
        let situation = RunSituation(
            record: record, stages: Sample.stages, approval: Sample.plan.stages[2].approval, now: Sample.start)
        #expect(
            situation.waitingFor
                == "an approval of stage cut-over (1 of 2 given), until 2026-11-23 23:00:00 UTC")
    }
}

@Suite struct NextCommandTests {
    private func next(
        _ phase: Phase, _ status: RunStatus, runner: RunnerState = .stopped, approval: Approval? = nil,
        person: Person? = nil, memberOf: String? = nil, now: Timestamp = Sample.start, editedFork: NextStep? = nil
    ) -> NextCommand {
        NextCommand(
            RunSituation(
                record: Sample.record(phase, status), stages: Sample.stages, approval: approval, runner: runner,
                person: person, memberOf: memberOf, now: now, editedFork: editedFork))
    }

    @Test(
        "each state has its command",
        arguments: [
            (Phase.ready, RunStatus.running, RunnerState.working, "turnout status demo-1 --watch"),
            (.ready, .running, .stopped, "turnout resume demo-1"),
            (.ready, .running, .dead, "turnout resume demo-1"),
            (.waiting(Sample.gate()), .waiting, .working, "turnout approve demo-1"),
            (.waiting(Sample.gate()), .waiting, .stopped, "turnout approve demo-1 --resume"),
            (.ended, .rolledBack, .stopped, "turnout retry demo-1"),
            (.ended, .aborted, .stopped, "turnout retry demo-1"),
        ])
    func states(phase: Phase, status: RunStatus, runner: RunnerState, command: String) {
        #expect(next(phase, status, runner: runner).text == command)
    }

    @Test("a run that has succeeded needs nothing; edited files are offered only where there are some")
    func ends() {
        #expect(next(.ended, .succeeded).text == nil)
        #expect(next(.ended, .failed).choices.map(\.command) == ["turnout retry demo-1"])
        #expect(
            next(.ended, .failed, editedFork: .forkEdited(from: nil)).choices.last?.command
                == "turnout retry demo-1 --adopt")
    }

    @Test("a held run is told its own ways out")
    func holds() {
        let attempt = Attempt(number: 1, deadline: Sample.start, steps: [], intent: Intent(key: "k", before: .never))
        for (cause, command) in [
            (Hold.Cause.drift([]), "turnout resume demo-1 --restore"), (.failed, "turnout retry demo-1"),
            (.unknown(attempt), "turnout skip demo-1 --succeeded --resume --reason TEXT"),
        ] {
            let next = next(.held(Hold(cause: cause, reason: "why")), .held)
            #expect(next.text == command)
            #expect(next.choices.last?.command == "turnout abort demo-1")
        }
    }

    @Test("P21 a gate that bars the person names who decides instead, and offers no approval to type")
    func barred() {
        let barring = Approval(starterMayApprove: false)
        let starter = next(.waiting(Sample.gate()), .waiting, approval: barring, person: Sample.ann)
        #expect(starter.text == nil && !starter.choices.contains { $0.command.hasPrefix("turnout approve") })
        #expect(starter.others?.hasPrefix("ann@vm started the run") == true)
        #expect(starter.others?.hasSuffix("another person must decide with `turnout approve demo-1 --resume`") == true)
        #expect(next(.waiting(Sample.gate()), .waiting, approval: barring, person: Sample.ben).others == nil)
        let grouped = Approval(group: "leads")
        let stranger = next(.waiting(Sample.gate()), .waiting, approval: grouped, person: Sample.ben)
        #expect(stranger.others?.contains("a member of leads must decide") == true)
        #expect(stranger.others?.contains("this machine has no such group") == true)
        let member = next(.waiting(Sample.gate()), .waiting, approval: grouped, person: Sample.ben, memberOf: "leads")
        #expect(member.text == "turnout approve demo-1 --resume")
        let held = next(.held(Hold(cause: .failed, reason: "")), .held, approval: barring, person: Sample.ann)
        #expect(held.choices.map(\.command) == ["turnout retry demo-1", "turnout abort demo-1"])
    }

    @Test("P21 a gate whose time is over is not to be approved any more: resuming does what its on_timeout says")
    func overdue() {
        let next = next(.waiting(Sample.gate()), .waiting, now: Sample.start + .hours(25))
        #expect(next.text == "turnout resume demo-1")
        #expect(next.choices.first?.purpose == "carry out its on_timeout (roll_back)")
    }

    @Test("P21 a decision on an endpoint that was changed is not offered: the change is to be noticed first")
    func drifted() {
        var situation = RunSituation(
            record: Sample.record(.waiting(Sample.gate()), .waiting), stages: Sample.stages, now: Sample.start)
        situation.drift = [Difference(what: "traffic", expected: "{blue: 90}", observed: "{blue: 50}")]
        #expect(NextCommand(situation).choices.map(\.command) == ["turnout resume demo-1", "turnout abort demo-1"])
    }

    @Test("a runner that is silent is taken over; several approvals say how many are missing")
    func silent() {
        #expect(next(.ready, .running, runner: .silent).text == "turnout resume demo-1 --take-over")
        let two = next(.waiting(Sample.gate()), .waiting, approval: Approval(required: 2))
        #expect(two.choices.first?.purpose == "approve, as one of 2 people")
    }

    @Test("P21 after an adoption no choice is the first one, and each says what it sets")
    func adopted() {
        var situation = RunSituation(
            record: Sample.record(.held(Hold(cause: .adopted, reason: "taken as it is")), .held, position: 1),
            stages: Sample.stages)
        (situation.current, situation.upcoming) = (Sample.plan.stages[1], Sample.plan.stages[2])
        let next = NextCommand(situation)
        #expect(next.text == nil)
        #expect(next.choices[0].purpose == "retry the stage (canary: traffic {blue: 90, green: 10})")
        #expect(
            next.choices[1].purpose
                == "count the stage as done and continue (cut-over: its approval, then traffic {green: 100})")
        #expect(next.lines(.plain, columns: 80).allSatisfy { $0.count <= 80 })
    }
}
