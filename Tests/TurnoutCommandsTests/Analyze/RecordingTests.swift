import PlaybookSyntax
import RolloutStatistics
import Testing

@testable import TurnoutCommands

@Suite("Recordings")
struct RecordingTests {
    private let header = "second,deployment,requests,errors\n"
    private let rows = "-1,blue,500,2\n0,blue,90,1\n0,green,10,0\n"

    @Test("CSV and JSON lines of the same traffic come to the same verdict at the same second")
    func forms() throws {
        let csv = try Recording(sampleCSV(seconds: 300, failing: 4))
        var lines: [String] = []
        for second in -300..<300 {
            for (name, count, failed) in [
                ("blue", 45, second % 4 == 0 ? 1 : 0), ("green", second < 0 ? 0 : 5, second % 4 == 3 ? 1 : 0),
            ] {
                for index in 0..<count {
                    let time = Double(second) + Double(index) / 64
                    let status = index < failed ? 503 : 200
                    lines.append(
                        #"{"t": \#(time), "deployment": "\#(name)", "path": ["/", {"a": null}], "status": \#(status)}"#)
                }
            }
        }
        let json = try Recording(lines.joined(separator: "\n"))
        let verdict = try #require(csv.verdict)
        #expect(verdict.decision == .fail)
        #expect(verdict.metric == "errors")
        #expect(json.verdict == verdict)
        #expect(csv.findings.isEmpty && json.findings.isEmpty)
        #expect(csv.readings.count == Int(verdict.seconds))
    }

    @Test("A name that stands nowhere in the file is no verdict, and the near one is asked for")
    func missingArm() throws {
        let candidate = try Recording(sampleCSV(seconds: 60, failing: 4), candidate: "grren")
        let found = try #require(candidate.findings.first { $0.rule == "NoCandidate" })
        #expect(found.message == "the file has no line for 'grren'; its deployments: blue, green")
        #expect(found.help == "did you mean 'green'?")
        #expect(!candidate.isReadable)
        let control = try Recording(sampleCSV(seconds: 60, failing: 4), control: "old")
        #expect(control.findings.contains { $0.rule == "NoControl" && $0.help?.contains("--control") == true })
        #expect(!control.isReadable)
    }

    @Test("A gate that compares nobody needs no control")
    func noControl() throws {
        let gate = AnalysisSpecification(longest: 60, metrics: [.disagreement(DisagreementLimits())])
        let recording = try Recording(
            #"{"t": 0, "deployment": "green", "status": 200, "ms": 4}"# + "\n", gate: gate)
        #expect(recording.isReadable)
    }

    @Test("A good version passes, and nothing behind the verdict changes it")
    func pass() throws {
        let short = try Recording(sampleCSV(seconds: 300, failing: 1000))
        let long = try Recording(sampleCSV(seconds: 900, failing: 1000))
        #expect(short.verdict?.decision == .pass)
        #expect(short.verdict == long.verdict)
    }

    @Test("What is wrong behind the verdict is told as well")
    func behindTheVerdict() throws {
        let recording = try Recording(
            sampleCSV(seconds: 300, failing: 4) + "400,blue,45,0\n7,blue,45,0\n401,blue,4,5\n")
        #expect(recording.verdict?.decision == .fail)
        #expect(recording.places == ["TimeJumped 902:1", "TimeWentBack 903:1", "Counts 904:1"])
    }

    @Test("Columns may stand in any order, those of latencies too")
    func order() throws {
        let rows = (-120..<60).flatMap { second in
            [("blue", 9, 4, 8, 9), ("green", second < 0 ? 0 : 4, 1, 2, 3)].map {
                (second, $0.0, $0.1, $0.2, $0.3, $0.4)
            }
        }
        let sorted = rows.map { "\($0.0),\($0.1),\($0.2),0,\($0.3),\($0.4),\($0.5)\n" }.joined()
        let mixed = rows.map { "\($0.5),\($0.1),0,\($0.3),\($0.2),\($0.4),\($0.0)\n" }.joined()
        let gate = AnalysisSpecification(longest: 1000, metrics: [.latency(LatencyLimits())])
        let first = try Recording("second,deployment,requests,errors,le_25,le_50,le_100\n" + sorted, gate: gate)
        let second = try Recording("le_100,deployment,errors,le_25,requests,le_50,second\n" + mixed, gate: gate)
        #expect(first.verdict != nil && first.verdict == second.verdict)
        #expect(first.verdict?.log10E != 0)
    }

    @Test("At the end of the gate's time an inconclusive verdict is the last")
    func time() throws {
        var gate = AnalysisSpecification.errors
        gate.longest = 20
        let verdict = try Recording(sampleCSV(seconds: 60, failing: 50), gate: gate).verdict
        #expect(verdict?.decision == .inconclusive)
        #expect(verdict?.isOver == true)
        #expect(verdict?.seconds == 20)
        #expect(verdict?.candidate.requests == 100)
    }

    @Test("Mirrored pairs feed the processes of pairs")
    func pairs() throws {
        var lines = [#"{"t": -1, "deployment": "blue", "status": 200, "ms": 10}"#]
        for second in 0..<60 {
            let mirror = second % 2 == 0 ? 500 : 200
            lines.append(#"{"t": \#(second), "deployment": "blue", "status": 200, "ms": 10}"#)
            lines.append(
                #"{"t": \#(second).5, "pair": {"live": {"status": 200, "ms": 10}, "mirror": {"status": \#(mirror)}, "#
                    + #""agree": true}}"#)
        }
        let gate = AnalysisSpecification(
            longest: 600, metrics: [.errors(ErrorLimits()), .disagreement(DisagreementLimits())])
        let verdict = try #require(try Recording(lines.joined(separator: "\n"), gate: gate).verdict)
        #expect(verdict.decision == .fail)
        #expect(verdict.measurements.map(\.test) == [.pairedErrors, .disagreement])
        #expect(verdict.candidate.errors == (verdict.candidate.requests + 1) / 2)
    }

    @Test("Byte order mark, CRLF, quotes, blank lines and no break at the end are no findings")
    func benign() throws {
        let recording = try Recording(
            "\u{FEFF}\"second\",deployment,requests,errors\r\n\r\n-1,blue,\"50\",1\r\n0,\"blue\",90,1\r\n0,\"green\",10,0"
        )
        #expect(recording.places == [])
        #expect(recording.verdict?.candidate.requests == 10)
        #expect(recording.verdict?.control.requests == 90)
    }

    @Test(
        "Each kind of bad row has its own finding, at its place",
        arguments: [
            ("1,blue,-5,0\n", "NegativeCount 5:8"), ("1,blue,5,-1\n", "NegativeCount 5:10"),
            ("1,blue,NaN,0\n", "NotANumber 5:8"), ("1,blue,3.5,0\n", "NotANumber 5:8"),
            ("nan,blue,3,0\n", "NotANumber 5:1"), ("1e99,blue,3,0\n", "Time 5:1"),
            ("1,blue,99999999999999999999,0\n", "NotANumber 5:8"), ("1,blue,3x,0\n", "NotANumber 5:9"),
            ("1,blue,5,6\n", "Counts 5:1"), ("1,blue,5\n", "Columns 5:9"), ("1,blue,5,0,0\n", "Columns 5:11"),
            ("1,red,5,0\n2,red,5,0\n", "UnknownDeployment 5:1"), ("1,blue,5,0\n1,blue,5,0\n", "SecondTwice 6:1"),
            ("9,blue,5,0\n3,green,5,0\n", "TimeWentBack 6:1"), ("-4,blue,5,0\n", "TimeWentBack 5:1"),
            ("99,blue,5,0\n", "TimeJumped 5:1"), ("1,blu", "HalfLine 5:6"),
        ])
    func badRows(row: String, place: String) throws {
        let recording = try Recording(header + rows + row)
        #expect(recording.places.first == place)
        #expect(recording.verdict?.candidate.requests == 10 || place.hasPrefix("TimeWent"))
    }

    @Test("What is not UTF-8 is a finding")
    func encoding() throws {
        let recording = try Recording(bytes: Array((header + rows).utf8) + [0x31, 0x2C, 0xFF, 0x0A])
        #expect(recording.places == ["NotUTF8 5:1"])
    }

    @Test(
        "Each kind of bad line of JSON has its own finding, at its place",
        arguments: [
            (#"{"t": 1, "deployment": "green", "status": 200, "ms": NaN}"#, "NotANumber 2:54"),
            (#"{"t": 1, "deployment": "green", "status": 200, "ms": -1}"#, "Syntax 2:54"),
            (#"{"deployment": "green", "status": 200}"#, "Syntax 2:1"), (#"{"t": 1, "status": 200}"#, "Syntax 2:1"),
            (#"{"t": 1, "deployment": "green"}"#, "Syntax 2:1"),
            (#"{"t": 1, "deployment": "green", "status": 200} x"#, "Syntax 2:48"),
            (#"{"t": 1, "deployment": "gre"#, "Syntax 2:24"), ("[]", "Syntax 2:1"),
            (#"{"t": 1, "pair": {"live": {"status": 200}}}"#, "Syntax 2:18"),
            (#"{"t": 1, "x": \#(String(repeating: "[", count: 40))}"#, "Syntax 2:47"),
        ])
    func badJSON(line: String, place: String) throws {
        let first = #"{"t": 0, "deployment": "blue", "status": 200}"# + "\n"
        #expect(try Recording(first + line + "\n").places == [place])
        #expect(try Recording(first + line).places == [place.replacingRule(by: "HalfLine")])
    }

    @Test("A header says what a row holds, and what is wrong with it")
    func headers() throws {
        #expect(try Recording("").places == ["EmptyFile 1:1"])
        #expect(
            try Recording("second,deployment,request,errors\n").places == ["MissingColumn 1:1", "UnknownColumn 1:1"])
        #expect(try Recording("second,second,deployment,requests,errors\n").places == ["DuplicateColumn 1:1"])
        #expect(try Recording("second,deployment,requests,errors,le_50,le_50.0\n").places == ["DuplicateColumn 1:1"])
        let crossed = try Recording("second,deployment,requests,errors,le_9\n0,blue,3,0,4\n")
        #expect(crossed.places.contains("Counts 2:1"))
        let empty = try Recording(header)
        #expect(empty.places == ["NoStage 1:1"])
        #expect(empty.verdict?.decision == .inconclusive)
    }

    @Test("Running totals are told from counts of a second, and come to the same")
    func totals() throws {
        let each = sampleCSV(seconds: 200, failing: 4)
        var totals: [String: (requests: Int, errors: Int)] = [:]
        var lines = ["second,deployment,requests,errors", "-301,blue,1000,7"]
        totals["blue"] = (1000, 7)
        for line in each.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",")
            let name = String(fields[1])
            if fields[0] == "0", name == "blue" { lines.append("-1,green,3,0") }
            var total = totals[name] ?? (3, 0)
            total.requests += Int(fields[2]) ?? 0
            total.errors += Int(fields[3]) ?? 0
            totals[name] = total
            lines.append("\(fields[0]),\(name),\(total.requests),\(total.errors)")
        }
        let recording = try Recording(lines.joined(separator: "\n") + "\n")
        #expect(recording.places.first == "Totals 1:1")
        #expect(recording.verdict == (try Recording(each).verdict))
        let line = try #require(lines.firstIndex { $0.hasPrefix("5,blue") })
        lines[line] = "5,blue,5,0"
        let restarted = try Recording(lines.joined(separator: "\n") + "\n")
        #expect(restarted.places.contains("CounterWentBack \(line + 1):1"))
        #expect(try Recording(header + rows, form: .totals).verdict?.candidate.requests == 0)
    }

    @Test("What the gate finds about the traffic as a whole is told once")
    func wholes() throws {
        let gate = AnalysisSpecification(longest: 1800, metrics: [.errors(ErrorLimits()), .latency(LatencyLimits())])
        let recording = try Recording(sampleCSV(seconds: 400, failing: 300), gate: gate, weight: 0.3)
        #expect(recording.places == ["NoLatencies 1:1", "ShareDiffers 1:1"])
    }

    @Test("Of many findings of a kind the first are shown, and the rest counted")
    func many() throws {
        let text = header + rows + String(repeating: "1,blue,x,0\n", count: 1000)
        var findings = RecordingFindings(file: "f")
        #expect(try Recording(text).findings.count == RecordingFindings.shown)
        for number in 1...9 { findings.report("A", atLine: number, message: "x") }
        #expect(findings.errors == 9)
        #expect(findings.rests == ["f: and 4 more [A]"])
    }

    @Test("Whatever the bytes, a recording comes to an end without a trap")
    func fuzz() throws {
        var state: UInt64 = 12
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        let seeds = [
            sampleCSV(seconds: 20, failing: 4), "second,deployment,requests,errors,le_1e1,le_20\n0,blue,9,0,3,9\n",
            #"{"t": 1.5e0, "deployment": "green", "status": 200, "ms": 4.25}"# + "\n"
                + #"{"t": 2, "pair": {"live": {"status": 200}, "mirror": {"status": 500, "ms": 1}, "agree": false}}"#
                + "\n",
        ].map { Array($0.utf8) }
        let gate = AnalysisSpecification(
            longest: 60, metrics: [.errors(ErrorLimits(hardLimit: 0.1)), .latency(LatencyLimits(tolerance: 0.1))])
        let alphabet = Array("0123456789-+.eE,\"{}[]:\n\r\\ \tnulltrefasgbdc\u{0}".utf8) + [0xFF, 0xC3, 0xEF]
        for round in 0..<600 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...next(6) {
                let place = next(bytes.count)
                switch next(4) {
                case 0: bytes[place] = alphabet[next(alphabet.count)]
                case 1: bytes.insert(alphabet[next(alphabet.count)], at: place)
                case 2: bytes.removeSubrange(place..<min(place + next(9), bytes.count - 1))
                default: bytes.insert(contentsOf: bytes[place..<min(place + next(40), bytes.count)], at: place)
                }
            }
            _ = try Recording(bytes: bytes, gate: gate)
        }
    }
}

extension String {
    fileprivate func replacingRule(by rule: String) -> String { rule + drop { $0 != " " } }
}
