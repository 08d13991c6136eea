import Rollouts
import Testing

@Suite("Value")
struct ValueTests {
    @Test(
        "contains what a pattern names",
        arguments: [
            (["a": 1, "b": 2], ["a": 1], true), (["a": 1], [:], true), (["a": 1], ["a": 2], false),
            (["a": 1], ["b": 1], false), (["a": ["b": 1, "c": 2]], ["a": ["b": 1]], true), ([1, 2], [1, 2], true),
            ([1, 2], [1], false), ([["a": 1, "b": 2]], [["a": 1]], true), (1, .number(1), true),
            (.number(1.5), 1, false),
            ("a", "a", true), ("1", 1, false), (.null, [:], false), ([1], [:], false),
            (["a": .null], ["a": .null], true),
            ([:], ["a": .null], false), (true, 1, false),
        ] as [(Value, Value, Bool)])
    func contains(_ value: Value, _ pattern: Value, _ holds: Bool) {
        #expect(value.contains(pattern) == holds)
    }

    @Test("is the same after coding")
    func coding() throws {
        let value: Value = [
            "null": .null, "flag": true, "one": 1, "half": .number(0.5), "text": "1", "list": [1, "a", [:]],
            "mapping": ["a": .list([])],
        ]
        #expect(try decoded(Value.self, encoded(value)) == value)
        #expect(try encoded([1, true, "a"] as Value) == #"[1,true,"a"]"#)
    }

    @Test("is looked into by kind")
    func members() {
        let value: Value = ["one": 1, "half": .number(0.5), "text": "1", "flag": false]
        #expect(value["one"]?.integer == 1)
        #expect(value["one"]?.double == 1)
        #expect(value["half"]?.double == 0.5)
        #expect(value["half"]?.integer == nil)
        #expect(value["text"]?.string == "1")
        #expect(value["text"]?.integer == nil)
        #expect(value["flag"]?.bool == false)
        #expect(value["none"] == nil)
        #expect(([1] as Value)["one"] == nil)
    }
}
