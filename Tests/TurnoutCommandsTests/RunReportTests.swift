import RolloutEngine
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite struct RunReportTests {
    @Test("every key is there, with null for what is not known")
    func keys() throws {
        let report = RunReport(
            record: Sample.record(.waiting(Sample.gate()), .waiting), stages: Array(Sample.stages.prefix(3).suffix(1)),
            isLive: false)
        let expected = """
            {"analysis":null,"backend":"simulated","clients":null,"decisions":[],"ended":null,"endpoint":"houses",\
            "mirror_traffic":{"actual":{},"wanted":{}},"next":"turnout approve demo-1 --resume","playbook":"demo",\
            "roles":null,"run":"demo-1","servers":{},"stages":[{"action":"traffic","attempts":0,"ended":null,"name":"cut-over","reason":null,\
            "started":"2026-11-22T23:33:00.000Z","status":"waiting"}],"started":"2026-11-22T23:00:00.000Z",\
            "starter":"ann@vm","status":"waiting",\
            "traffic":{"actual":{"blue":90,"green":10},"wanted":{"blue":90,"green":10}},\
            "waiting_for":"an approval of stage the run, until 2026-11-23 23:00:00 UTC"}
            """
        #expect(try JSONText.line(report) == expected)
    }

    @Test("what is waited for says how many have approved")
    func quorum() {
        let record = Sample.record(.waiting(Sample.gate(approvals: [Sample.ann])), .waiting)
        #expect(
            record.waitingFor(stage: "cut-over", approval: Sample.plan.stages[2].approval)
                == "an approval of stage cut-over (1 of 2 given), until 2026-11-23 23:00:00 UTC")
    }
}

@Suite struct NextCommandTests {
    @Test(
        "each status has its command",
        arguments: [
            (RunStatus.running, true, "turnout status demo-1 --watch"),
            (.running, false, "turnout resume demo-1"),
            (.waiting, true, "turnout approve demo-1"),
            (.waiting, false, "turnout approve demo-1 --resume"),
            (.rolledBack, false, "turnout retry demo-1"),
            (.aborted, false, "turnout retry demo-1"),
        ])
    func statuses(status: RunStatus, isLive: Bool, command: String) {
        #expect(NextCommand(Sample.record(.ready, status), isLive: isLive).text == command)
    }

    @Test("a run that has succeeded needs nothing")
    func nothing() { #expect(NextCommand(Sample.record(.ended, .succeeded), isLive: false).text == nil) }

    @Test(
        "a held run is told its own ways out",
        arguments: [
            (Hold.Cause.drift([]), "turnout resume demo-1 --restore"),
            (.failed, "turnout retry demo-1"),
            (
                .unknown(
                    Attempt(
                        number: 1, deadline: Sample.start, steps: [], intent: Intent(key: "k", before: .never))),
                "turnout skip demo-1 --succeeded --resume --reason TEXT"
            ),
        ])
    func holds(cause: Hold.Cause, command: String) {
        let record = Sample.record(.held(Hold(cause: cause, reason: "why")), .held)
        let next = NextCommand(record, isLive: false)
        #expect(next.text == command)
        #expect(next.choices.last?.command == "turnout abort demo-1")
    }
}
