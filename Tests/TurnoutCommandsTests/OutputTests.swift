internal import Foundation
internal import RolloutService
internal import Rollouts
internal import Testing

@testable import TurnoutCommands

@Suite("Output")
struct OutputTests {
    @Test("Columns are as wide as what they hold, and lines end without spaces")
    func table() {
        var table = Table(.init("RUN"), .init("TOOK", rightAligned: true), .init(""))
        table.rows = [["safe-rollout-1", "1h 05m", ""], ["x", "3s", "why"]]
        #expect(
            table.lines(.plain) == [
                "RUN               TOOK",
                "safe-rollout-1  1h 05m",
                "x                   3s  why",
            ])
    }

    @Test("Lines are cut at the width, and nothing in them steers a terminal")
    func cutting() {
        var table = Table(.init(""), .init(""))
        table.rows = [["a", Table.Cell("long \u{1B}[31mwords\n here")]]
        #expect(table.lines(.plain, width: 12) == ["a  long \u{FFFD}[3…"])
    }

    @Test("Colours don't count as width")
    func colours() {
        var table = Table(.init(""), .init(""))
        table.rows = [[Table.Cell("ab", .red), "c"], ["abcd", "e"]]
        #expect(table.lines(.colored) == ["\u{1B}[31mab\u{1B}[0m    c", "abcd  e"])
    }

    @Test(
        "A bar shows a sliver of what is not 0 and a gap of what is not 100",
        arguments: [(0, "          "), (1, "▏         "), (50, "█████     "), (99, "█████████▉"), (100, "██████████")])
    func bar(percent: Int, expected: String) {
        #expect(TrafficBar(width: 10).text(percent) == expected)
    }

    @Test(
        "A bar shows what is still to come and to go",
        arguments: [(100, 50, "█████░░░░░"), (0, 50, "▒▒▒▒▒     "), (10, 10, "█         "), (100, 99, "█████████░")])
    func change(wanted: Int, actual: Int, expected: String) {
        #expect(TrafficBar(width: 10).text(wanted: wanted, actual: actual) == expected)
    }

    @Test(
        "Durations are told in two units",
        arguments: [
            (0, "0s"), (250, "250ms"), (4200, "4.2s"), (33_400, "33s"), (65_000, "1m 05s"), (5_580_000, "1h 33m"),
            (187_200_000, "2d 04h"), (-65_000, "-1m 05s"),
        ])
    func duration(milliseconds: Int64, expected: String) {
        #expect(Interval.milliseconds(milliseconds).short == expected)
    }

    @Test("A suggestion to start a run names the backend that was chosen, unless it is the one that is used without")
    func start() {
        #expect(Suggestion.start(playbook: nil).words == "`turnout run PLAYBOOK` starts one")
        #expect(Suggestion.start(playbook: "demo", on: "local").words == "`turnout run demo` starts it again")
        #expect(
            Suggestion.start(playbook: "demo", on: "azure").words
                == "`turnout run demo --backend azure` starts it again"
        )
    }

    @Test("Text is wrapped at spaces, and behind its head")
    func wrapping() {
        #expect("one two three".wrapped(to: 8) == ["one two", "three"])
        #expect("a\nb".hanging(behind: "> ", width: 40) == ["> a", "  b"])
        #expect("".wrapped(to: 8) == [""])
    }

    @Test("Times in JSON are ISO 8601, and one that never comes is null")
    func times() throws {
        let moments = [JSONTime(Timestamp(milliseconds: 1_767_225_600_250)), JSONTime(.distantFuture)]
        let text = try JSONText.line(moments)
        #expect(text == #"["2026-01-01T00:00:00.250Z",null]"#)
        #expect(try JSONDecoder().decode([JSONTime].self, from: Data(text.utf8)) == moments)
    }

    @Test("NO_COLOR, TERM=dumb and pipes turn colours off")
    func colourless() {
        #expect(!Terminal(descriptor: -1, environment: [:]).style.isColored)
        #expect(Terminal(descriptor: -1, environment: ["COLUMNS": "80"]).columns == 80)
    }

    @Test("Redrawing counts the lines that a terminal makes of long ones, without colours")
    func height() {
        #expect(RunWatch.height(of: "1234567890\n\u{1B}[31m12345\u{1B}[0m\n", columns: 5) == 4)
    }
}
