import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import TurnoutCommands

@Suite struct EventLinesTests {
    @Test("events are told one by one, with the day when it begins")
    func lines() {
        var lines = EventLines(stages: Sample.stages.map(\.name), style: .plain)
        let attempt = Attempt(
            number: 1, deadline: Sample.start + .hours(1), steps: [.change(.scale("blue", instanceCount: 2))],
            intent: Intent(key: "k", before: .never))
        let text = [RunEvent.attemptStarted(attempt), .changeAccepted].flatMap { event in
            lines.lines(StampedEvent(at: Sample.start, stage: 0, event: event), stage: "scale")
        }
        #expect(
            text == [
                "-- 2026-11-22 (UTC)",
                "23:00:00 scale       attempt 1, timeout at 2026-11-23 00:00:00: scale blue to 2 instances",
                "23:00:00 scale       scale blue to 2 instances: accepted",
            ])
    }

    @Test("what a program says cannot steer the terminal")
    func control() {
        let lines = EventLines(stages: ["tests"], style: .plain)
        #expect(!lines.output("\u{1B}[2Jgone", stage: "tests").contains("\u{1B}"))
    }
}

@Suite struct LiveTreeTests {
    private let tree = LiveTree(
        plan: Sample.plan, state: RunState(record: Sample.waiting().record, stages: Sample.stages))

    @Test("where clients send and what they meet stand under the traffic")
    func clients() {
        var tree = tree
        tree.hear(.serving(scoringURI: "http://127.0.0.1:1/endpoints/houses/score"))
        tree.hear(.clients(ClientCounts(sent: 20, succeeded: 20, failed: 0, failures: [:], p50: 4, p99: 9)))
        let lines = tree.lines(.plain, columns: 100, rows: 40, footer: [])
        let bars = lines.firstIndex { $0.contains("green   10 %") } ?? 0
        #expect(
            lines.dropFirst(bars + 1).prefix(2) == [
                "clients send to http://127.0.0.1:1/endpoints/houses/score",
                "clients: 20 requests, none failed; p50 4 ms, p99 9 ms (from scheduled send)",
            ])
    }

    @Test("at 80 columns")
    func narrow() {
        let columns = 80
        let prompt = GatePrompt(gate: Sample.gate()).lines(tree, .plain, columns: columns)
        let lines = tree.lines(.plain, columns: columns, rows: 40, footer: prompt)
        #expect(
            lines
                == [
                    "demo-1 waiting after 0s",
                    "simulated/houses, started 2026-11-22 23:00:00 by ann@vm",
                    "",
                    "✓ scale         2m",
                    "✓ canary       31m",
                    "\(StageStatus.waiting.icon) cut-over          waits for an approval of stage cut-over (0 of 2 given),",
                    "                    until 2026-11-23 23:00:00 UTC",
                    "○ delete-blue",
                    "",
                    "traffic blue    90 % ███████████████████████████████████",
                    "        green   10 % ███▉",
                    "instructions: Look at the canary's evidence",
                    "Approve cut-over?  [y]es  [n]o  Ctrl-C: decide later",
                ])
    }

    @Test("at 120 columns, where nothing is wrapped")
    func wide() {
        let lines = tree.lines(.plain, columns: 120, rows: 40, footer: [])
        #expect(
            lines.dropFirst(5).prefix(5) == [
                "\(StageStatus.waiting.icon) cut-over          "
                    + "waits for an approval of stage cut-over (0 of 2 given), until 2026-11-23 23:00:00 UTC",
                "○ delete-blue",
                "",
                "traffic blue    90 % ████████████████████████████████████",
                "        green   10 % ████",
            ])
    }

    @Test("never wider than the terminal, never higher", arguments: [(40, 10), (80, 24), (120, 40), (20, 8)])
    func fits(columns: Int, rows: Int) {
        let prompt = GatePrompt(gate: Sample.gate()).lines(tree, .plain, columns: columns)
        let lines = tree.lines(.colored, columns: columns, rows: rows, footer: prompt)
        #expect(lines.count < rows)
        for line in lines { #expect(RunWatch.height(of: line, columns: columns) == 1, "\(line)") }
    }

    @Test("at 50 columns the question is whole")
    func prompt() {
        #expect(
            GatePrompt(gate: Sample.gate()).lines(tree, .plain, columns: 50).suffix(3) == [
                "Approve cut-over?", "[y]es  [n]o", "Ctrl-C: decide later",
            ])
    }

    @Test("colours end where a line is cut")
    func cut() {
        #expect("\u{1B}[31mabcdef\u{1B}[0m".cutVisible(to: 3) == "\u{1B}[31mabc\u{1B}[0m")
        #expect("abc".cutVisible(to: 3) == "abc")
    }
}

@Suite struct GatePromptTests {
    @Test("y, a reason and Enter approve; Esc goes back; n rejects")
    func keys() {
        var prompt = GatePrompt(gate: Sample.gate())
        func type(_ text: String) -> GatePrompt.Decision? {
            KeyReader.keys(text).reduce(nil) { $0 ?? prompt.press($1) }
        }
        #expect(type("xy\u{1B}\r") == nil)
        let yes = type("ylooks goof\u{7F}d\u{1B}[A\r")
        #expect(yes?.kind == .approve)
        #expect(yes?.reason == "looks good")
        let no = type("n\r")
        #expect(no?.kind == .reject)
        #expect(no?.reason == nil)
    }
}
