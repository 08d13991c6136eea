import FoundationEssentials
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Expressions")
struct ExpressionTests {
    private func evaluate(_ expression: String) throws -> Value {
        var scope = ExpressionScope()
        scope.values = ["inputs.canary": 10, "inputs.name": "green", "backend.mirroring": true, "run.id": "x-1"]
        var evaluator = try ExpressionEvaluator(Array("${{ \(expression) }}".unicodeScalars), opening: 0, scope: scope)
        return try evaluator.evaluate().value
    }

    @Test(
        "expressions have values",
        arguments: [
            ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("100 - inputs.canary", 90), ("7 / 2", 3), ("10 - 3 - 2", 5),
            ("-inputs.canary + 1", -9), ("- -2", 2), ("'a'", "a"), ("\"it's\"", "it's"), ("run.id", "x-1"),
            ("inputs.canary >= 10", true), ("inputs.canary < 10", false), ("inputs.name == 'green'", true),
            ("'a' != 'b'", true), ("not backend.mirroring", false), ("true and not false", true),
            ("false or 1 < 2 and 2 <= 2", true), ("inputs.canary != 0 and 100 / inputs.canary > 5", true),
            ("false and 1 / 0 > 1", false), ("true or 'a' > 1", true), ("true == true", true),
        ] as [(String, Value)])
    func values(expression: String, value: Value) throws {
        #expect(try evaluate(expression) == value)
    }

    @Test(
        "what is wrong is marked inside the expression",
        arguments: [
            "⟦9223372036854775808⟧", "9223372036854775807 ⟦+⟧ 1", "1 / ⟦0⟧", "1 / ⟦(2 - 2)⟧", "⟦inputs.cannary⟧ + 1",
            "1 + ⟦'a'⟧", "⟦inputs.name⟧ * 2", "not ⟦1⟧", "⟦1⟧ and true", "'a' ⟦<⟧ 1", "true ⟦<⟧ false", "1 + ⟦}}⟧",
            "⟦(⟧1 + 2", "1 ⟦2⟧", "1 ⟦=⟧ 1", "1 < 2 ⟦<⟧ 3", "⟦'open⟧", "⟦*⟧ 1", "⟦%⟧", "⟦1.5⟧", "⟦and⟧ true",
        ])
    func problems(marked: String) {
        // Where the text is open, or has its own end, the expression is not closed again.
        let end = marked.contains("'open") || marked.contains("}}") ? "" : " }}"
        let text = "${{ " + marked + end
        let sample = MarkedText("key: \"" + text + "\"\n")
        let source = SourceFile(path: "x", data: Data(sample.text.utf8))
        var findings: [Finding] = []
        let root = loadYAML(source, findings: &findings)
        var template = Template(
            source: source,
            scope: ExpressionScope(values: ["inputs.canary": 10, "inputs.name": "green", "backend.mirroring": true]))
        _ = root.map { template.fill($0) }
        let spans = template.findings.map(\.span)
        #expect(spans == sample.spans, "\(template.findings)")
    }

    @Test("places are right behind escapes, in folded lines and in blocks")
    func places() {
        expectFindings(
            "Expression", "Expression", "Expression", "Expression",
            in: """
                name: x
                endpoint: my-endpoint
                stages:
                  - name: a
                    run:
                      command:
                        - "é \\"quoted\\" \\u00e9 ${{ 'a' == \\"b\\" }} ${{ ⟦inputs.x⟧ }}"
                        - 'it''s ${{ ''a'' == ⟦inputs.y⟧ }}'
                        - |
                          first ${{ 1 }}
                            second ${{ 1 + ⟦true⟧ }}
                        - >-
                          first
                          second ${{ ⟦run.di⟧ }}

                """)
    }

    @Test("nesting is bounded, length is not")
    func nesting() throws {
        let deep = String(repeating: "(", count: 100_000) + "1"
        #expect(throws: ExpressionProblem.self) { try evaluate(deep) }
        #expect(throws: ExpressionProblem.self) { try evaluate(String(repeating: "not ", count: 100_000) + "true") }
        #expect(try evaluate(String(repeating: "1 + ", count: 20_000) + "1") == 20_001)
    }

    @Test("an expression alone keeps its type, in text it becomes text")
    func interpolation() throws {
        let stages = try Sample.stages(
            """
            name: x
            inputs: {percent: {type: percent, default: 10%}, name: {type: name, default: blue}}
            endpoint: my-endpoint
            stages:
              - name: a
                traffic: {"${{ inputs.name }}": "${{ 100 - inputs.percent }}", "${{ inputs.name }}-new": 10}
              - name: b
                run: {command: [tell, "${{ inputs.percent }} % of ${{ run.id }} on ${{ backend.name }}"]}

            """)
        #expect(stages.first?.action == .traffic(["blue": 90, "blue-new": 10]))
        #expect(stages.last?.action == .run(Command(words: ["tell", "10 % of x-1 on simulated"])))
    }
}
