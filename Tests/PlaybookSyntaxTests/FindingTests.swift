import FoundationEssentials
import RolloutTesting
import Testing

@testable import PlaybookSyntax

@Suite("Findings")
struct FindingTests {
    private func finding(_ marked: String, _ message: String = "wrong", help: String? = "right") throws -> Finding {
        let sample = MarkedText(marked)
        let place = try #require(sample.spans.first)
        let location = Location(
            source: SourceFile(path: "a/x.yml", data: Data(sample.text.utf8)),
            span: Span(start: place.lowerBound, end: place.upperBound))
        return Finding(.error, "Rule", at: location, message, help: help)
    }

    @Test("a finding is shown with its line and a caret range")
    func rendering() throws {
        #expect(
            try finding("a: 1\nb: {⟦count⟧: 2}\n").rendered(color: false) == """
                a/x.yml:2:5: error: wrong [Rule]
                  b: {count: 2}
                      ^~~~~
                help: right
                """)
        #expect(try finding("a: ⟦⟧\n", help: nil).rendered(color: false).hasSuffix("\n  a: \n     ^"))
        #expect(try finding("a: ⟦[1,\n2]⟧\n", help: nil).rendered(color: false).hasSuffix("\n  a: [1,\n     ^~~"))
    }

    @Test("a long line is shown around the place, and nothing steers the terminal")
    func hostileLines() throws {
        let long = String(repeating: "x", count: 5000)
        let lines = try finding("\(long)⟦here⟧\(long)\n").rendered(color: false).split(separator: "\n")
        #expect(lines[1].count < 180 && lines[1].contains("here"))
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let column = lines[2].distance(from: lines[2].startIndex, to: caret)
        #expect(lines[1].dropFirst(column).hasPrefix("here"))
        let text = try finding("⟦\u{1B}[2J⟧\n", "bad \u{1B}[31m text").rendered(color: false)
        #expect(!text.unicodeScalars.contains("\u{1B}"))
        #expect(try finding("⟦a⟧").rendered(color: true).contains("\u{1B}[1;31merror:"))
    }

    @Test("a finding survives JSON")
    func json() throws {
        let finding = try finding("⟦a⟧: 1")
        #expect(try JSONDecoder().decode(Finding.self, from: JSONEncoder().encode(finding)) == finding)
    }
}
