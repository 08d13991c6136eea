import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Testing

@testable import PlaybookSyntax

@Suite("Whatever the bytes are")
struct FuzzTests {
    /// SplitMix64, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let pieces = [
        "${{", "}}", "&a ", "*a", "<<: ", "\t", "\u{0}", "\r", "- ", ": ", "{", "}", "[", "]", "\"", "'", "|\n", ">\n",
        "---\n",
        "...\n", "!!int ", "!x ", "? ", "# ", "\u{FEFF}", "\u{2028}", "é", "%YAML 1.1\n", "9999999999999999999", "-1",
        "~",
        "traffic: {blue: 50}", "when: false", "inputs.", "live", "candidate", "${{ live }}", "${{ candidate }}", " + ",
        "/0", "name", "stages:\n", "\n  ", "\\",
    ].map { Array($0.utf8) }

    /// Plans a playbook in which one file was replaced, and checks where the findings point.
    private func check(_ contents: [String: Data], playbook: String, _ options: PlanOptions = .managed()) {
        let outcome = makePlan(of: playbook, options: options, files: .stored(contents))
        #expect((outcome.snapshot == nil) == outcome.findings.hasErrors)
        let files = contents.map { ($0.key.beside(playbook), SourceFile(path: $0.key, data: $0.value)) }
        let sources = Dictionary(files, uniquingKeysWith: { $1 })
        for finding in outcome.findings {
            _ = finding.rendered(color: true)
            guard let source = sources[finding.file] ?? sources[playbook] else { continue }
            for place in [finding.start, finding.end] {
                let isInside =
                    (1...source.lineCount).contains(place.line)
                    && (1...source.line(place.line).unicodeScalars.count + 1).contains(place.column)
                #expect(isInside, "\(finding)")
            }
            #expect(finding.start <= finding.end)
        }
    }

    private func mutated(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, place + Int.random(in: 1...12, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: 0)
            case 3: bytes.removeLast(bytes.count - place)
            default: bytes.insert(contentsOf: Self.pieces.randomElement(using: &generator) ?? [], at: place)
            }
        }
        return bytes
    }

    @Test("mutated playbooks and files give findings that lie in their file", arguments: StockPlaybookTests.names)
    func mutations(name: String) throws {
        let path = StockPlaybookTests.folder + name + ".yml"
        var options = PlanOptions.managed(StockPlaybookTests.inputs(name))
        let contents = try #require(makePlan(of: path, options: options).snapshot).contents
        var generator = Generator(state: UInt64(name.utf8.count))
        for _ in 0..<170 {
            var changed = contents
            let victim =
                Int.random(in: 0..<2, using: &generator) == 0
                ? path : contents.keys.sorted().randomElement(using: &generator)
            if let victim, let data = contents[victim] { changed[victim] = Data(mutated(Array(data), &generator)) }
            options.roles =
                [.assumed(.first), .assumed(.later), .observed(nil)].randomElement(using: &generator) ?? options.roles
            check(changed, playbook: path, options)
        }
    }

    @Test("random bytes and random pieces give findings that lie in the file", arguments: 0..<4)
    func random(seed: UInt64) {
        var generator = Generator(state: seed)
        for index in 0..<500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<40, using: &generator) {
                if index % 2 == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += Self.pieces.randomElement(using: &generator) ?? []
                }
            }
            check(["x.yml": Data(bytes)], playbook: "x.yml")
        }
    }
}
