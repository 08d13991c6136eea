import FoundationEssentials
import RolloutTesting
import Rollouts
import Testing

@Suite("Values as JSON") struct JSONTests {
    private func read(_ text: String) throws -> Value { try JSONReader.value(Array(text.utf8)) }

    @Test("values are read as they are written, whole numbers as such")
    func values() throws {
        #expect(
            try read(" {\"a\" : [1, -2, 3.0, 1e2, true, false, null, \"x\"] , \"b\":{}}\n") == [
                "a": [1, -2, .number(3), .number(100), true, false, .null, "x"], "b": [:],
            ])
        #expect(try read("9223372036854775807") == .integer(.max))
        #expect(try read("18446744073709551615") == .number(18_446_744_073_709_551_616))
        #expect(try read(#""\u00e9\uD83D\uDE00\n\t\/\\\"\b\f\r""#) == "é😀\n\t/\\\"\u{8}\u{C}\r")
        #expect(try read(#""\ud83dx\ude00""#) == "\u{FFFD}x\u{FFFD}")
        #expect(try read(#"{"a":1,"a":2}"#) == ["a": 2])
    }

    @Test(
        "what is no JSON is refused, and says where",
        arguments: [
            "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "01", "1.", ".5", "1e", "-", "+1", "tru",
            "nul",
            "\"", "\"\\x\"", "\"\\u12g4\"", "\"\u{1}\"", "[1 2]", "1 2", "{} x", "NaN", "1e999", "\u{FEFF}{}",
        ])
    func refused(text: String) {
        #expect(throws: JSONProblem.self) { try read(text) }
    }

    @Test("bytes that are no UTF-8 are refused, and so is what is nested without end")
    func hostile() {
        #expect(throws: JSONProblem.self) { try JSONReader.value([0x22, 0xFF, 0x22] as [UInt8]) }
        #expect(throws: JSONProblem.self) { try read(String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONProblem.self) { try read(String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test("items are handed on one by one, and what stands around them is returned")
    func items() throws {
        let text =
            #" {"metadata":{"continue":"c","items":[0]},"items":[{"a":1},{"b":[]}],"kind":"L"}"#
        var items: [Value] = []
        let rest = try JSONReader.eachItem(Array(text.utf8)) { items.append($0) }
        #expect(items == [["a": 1], ["b": []]])
        #expect(rest == ["metadata": ["continue": "c", "items": [0]], "kind": "L"])
        #expect(try JSONReader.eachItem(Array(#"{"items":null}"#.utf8)) { _ in } == ["items": .null])
        #expect(throws: JSONProblem.self) { try JSONReader.eachItem(Array("[]".utf8)) { _ in } }
        #expect(throws: JSONProblem.self) {
            try JSONReader.eachItem(Array(#"{"items":[1"#.utf8)) { _ in }
        }
    }

    @Test("any value survives writing and reading, and is read as Foundation reads it", arguments: 0..<40)
    func survives(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<25 {
            let value = randomValue(&dice, depth: 4)
            let bytes = JSONWriter.bytes(value)
            #expect(try JSONReader.value(bytes) == value)
            let others = try JSONDecoder().decode(Value.self, from: Data(bytes))
            #expect(others.contains(value) && value.contains(others))
            #expect(try JSONReader.value(Array(try JSONEncoder().encode(value))) == others || !isWhole(value))
        }
    }

    @Test("damaged text is read or refused as Foundation does, and never a crash", arguments: 0..<40)
    func damaged(seed: UInt64) throws {
        var dice = Dice(seed: 1000 + seed)
        for _ in 0..<50 {
            var bytes = JSONWriter.bytes(randomValue(&dice, depth: 3))
            for _ in 0..<dice.number(1...3) where !bytes.isEmpty {
                let place = dice.number(0...(bytes.count - 1))
                switch dice.number(0...2) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = dice.one(of: Array("\"\\{}[]:,0eu-.tn x".utf8))
                default: bytes.insert(dice.one(of: Array("\"\\{}[]:,0e\u{1}".utf8)), at: place)
                }
            }
            // Foundation takes what is not quite JSON: a number of which it makes an infinity, half pairs.
            if let mine = try? JSONReader.value(bytes) {
                #expect(throws: Never.self) { try JSONDecoder().decode(Value.self, from: Data(bytes)) }
                #expect(try JSONReader.value(JSONWriter.bytes(mine)) == mine)
            }
        }
    }

    /// True where no number of it has a fraction of zero, which Foundation writes as a whole one.
    private func isWhole(_ value: Value) -> Bool {
        switch value {
        case .number(let number): number != number.rounded()
        case .list(let items): items.allSatisfy(isWhole)
        case .mapping(let members): members.values.allSatisfy(isWhole)
        default: true
        }
    }
}
