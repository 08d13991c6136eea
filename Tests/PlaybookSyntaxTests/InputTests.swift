import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Inputs")
struct InputTests {
    private func playbook(_ inputs: String) -> String {
        "name: x\ninputs: {\(inputs)}\nstages: [{name: a, wait: {for: 1s}}]\n"
    }

    @Test("a missing input says how to give it")
    func missing() {
        expectFindings("Input", in: playbook("⟦count⟧: {type: integer}"), saying: "give it with --input count=…")
    }

    @Test("an input that is missing causes no other finding")
    func noCascade() {
        expectFindings(
            "Input",
            in: "name: x\ninputs: {⟦n⟧: {type: name}}\nendpoint: \"${{ inputs.n }}\"\nstages:\n"
                + "  - {name: a, traffic: {\"${{ inputs.n }}\": 100}, when: \"${{ inputs.n == 'a' }}\"}\n")
    }

    @Test("an unknown input names the nearest")
    func unknown() {
        expectFindings(
            "Input",
            in: "name: x\n⟦inputs⟧: {canary: {type: percent, default: 5}}\nstages: [{name: a, wait: {for: 1s}}]\n",
            .managed(["canray": .text("5")]), saying: "did you mean 'canary'?")
    }

    @Test(
        "values have the type of the input",
        arguments: [
            ("string", .text("5"), "5"), ("integer", .text("-5"), -5), ("integer", .value(5), 5),
            ("number", .text("1.5"), .number(1.5)), ("boolean", .text("true"), true), ("percent", .text("10%"), 10),
            ("percent", .text("10"), 10), ("path", .text("a/b"), "a/b"), ("duration", .text("10m"), "10m"),
            ("name", .text("blue"), "blue"),
        ] as [(String, InputText, Value)])
    func typed(type: String, given: InputText, value: Value) throws {
        let outcome = Sample.plan(playbook("n: {type: \(type)}"), .managed(["n": given]))
        #expect(outcome.findings.isEmpty)
        #expect(outcome.snapshot?.plan.inputs == ["n": value])
    }

    @Test(
        "values of another type or out of range are findings",
        arguments: [
            ("type: integer", "1.5"), ("type: integer", "five"), ("type: boolean", "yes"), ("type: percent", "101"),
            ("type: duration", "10"), ("type: path", ""), ("type: name", ""), ("type: percent, maximum: 50", "51"),
            ("type: integer, minimum: 3", "2"), ("type: duration, minimum: 1m", "59s"),
            ("type: string, choices: [small, large]", "larg"), ("type: integer, default: 5", "x"),
        ])
    func wrong(declaration: String, text: String) {
        expectFindings("Input", in: playbook("⟦n⟧: {\(declaration)}"), .managed(["n": .text(text)]))
    }

    @Test(
        "declarations are checked",
        arguments: [
            ("Input", "n: {type: percent, default: ⟦60⟧, maximum: 50}"),
            ("Input", "n: {type: integer, default: ⟦'5'⟧}"),
            ("Input", "n: {type: string, default: a, minimum: ⟦1⟧}"), ("Input", "⟦a-b⟧: {type: integer, default: 1}"),
            ("ValueType", "n: {type: ⟦int⟧, default: 1}"),
            ("UnknownKey", "n: {type: integer, default: 1, ⟦minimun⟧: 0}"),
            ("MissingKey", "n: {⟦default⟧: 1}"), ("ValueType", "n: ⟦5⟧"),
        ])
    func declarations(rule: String, input: String) {
        expectFindings(rule, in: playbook(input))
    }
}
