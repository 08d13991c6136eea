import FoundationEssentials
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("YAML")
struct YAMLTests {
    private func load(_ bytes: some Sequence<UInt8>) -> (root: Node?, findings: [Finding]) {
        var findings: [Finding] = []
        let root = loadYAML(SourceFile(path: "x.yml", data: Data(bytes)), findings: &findings)
        return (root, findings)
    }

    @Test("scalars count as in YAML 1.2")
    func scalars() {
        let text = """
            [1, -2, +3, 0x1F, 0o17, 1.5, 1e3, .5, 1., true, False, yes, no, ~, null, , "1", 'true', 1_000, .inf, 1e999,
            0b1, 0x, !!str 5, 99999999999999999999]
            """
        let expected: Value = [
            1, -2, 3, 31, 15, .number(1.5), .number(1000), .number(0.5), .number(1), true, false, "yes", "no", .null,
            .null,
            .null, "1", "true", "1_000", ".inf", "1e999", "0b1", "0x", "5", .number(1e20),
        ]
        let (root, findings) = load(text.replacing(", ,", with: ", ~,").utf8)
        #expect(findings.isEmpty, "\(findings)")
        #expect(root?.value == expected)
    }

    @Test("aliases and merge keys are followed")
    func aliases() {
        let (root, findings) = load("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a]\nd: {<<: [*a, {z: 4}]}\n".utf8)
        #expect(findings.isEmpty)
        #expect(root?["b"]?.value == ["x": 1, "y": 3])
        #expect(root?["c"]?.value == [["x": 1, "y": 2]])
        #expect(root?["d"]?.value == ["x": 1, "y": 2, "z": 4])
    }

    @Test(
        "what cannot be used is marked",
        arguments: [
            "a: 1\n⟦a⟧: 2\n", "a: 1\n⟦⟧\tb: 2\n", "a: ⟦*b⟧\n", "a: &a [⟦*a⟧]\n", "{⟦[1]⟧: 2}\n", "? ⟦{a: 1}⟧\n: 2\n",
            "a: ⟦!!int x⟧\n", "a: ⟦!mine x⟧\n", "a: 1\n⟦---⟧\nb: 2\n", "<<: ⟦5⟧\n", "a: ⟦⟧\"open\n", "a: ⟦⟧@b\n",
            "a: b⟦⟧: c\n",
            "a: [1, 2\n⟦⟧", "⟦⟧", "# comment\n⟦⟧", "a: ⟦⟧\u{7}\n",
        ])
    func problems(marked: String) {
        let sample = MarkedText(marked)
        let (_, findings) = load(sample.text.utf8)
        #expect(findings.map(\.span) == sample.spans, "\(findings)")
    }

    @Test("bytes that are no UTF-8 text are findings at their place")
    func encodings() {
        #expect(load([0x61, 0x3A, 0x20, 0xC3, 0x28]).findings.first?.start == Position(line: 1, column: 4))
        #expect(load([0x61, 0x3A, 0x0A, 0x62, 0x00]).findings.first?.start == Position(line: 2, column: 2))
        #expect(load([0xFF, 0xFE, 0x61, 0x00]).findings.first?.message == "the file is in UTF-16")
        #expect(load([0xEF, 0xBB, 0xBF] + Array("a: 1\n".utf8)).root?.value == ["a": 1])
        #expect(load([]).findings.count == 1)
    }

    @Test("alias bombs and depth are findings, soon", .timeLimit(.minutes(1)))
    func bombs() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            bomb +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        let (_, findings) = load(bomb.utf8)
        #expect(findings.count == 1)
        #expect(findings.first?.message.contains("aliases expand this file") == true)
        for opening in ["[", "{a: ", "- "] {
            let (root, findings) = load(String(repeating: opening, count: 100_000).utf8)
            #expect(root == nil)
            #expect(findings.map(\.message) == ["this is nested more than 64 levels deep"])
        }
        #expect(load((String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).utf8).findings.isEmpty)
    }

    @Test("line breaks are those of YAML")
    func lines() {
        let source = SourceFile(path: "x", data: Data("a\r\nb\rc\u{85}d\u{2028}e\n".utf8))
        #expect((1...source.lineCount).map(source.line) == ["a", "b", "c", "d", "e", ""])
        #expect(source.position(at: 3) == Position(line: 2, column: 1))
    }
}
