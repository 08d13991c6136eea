import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("The language of playbooks")
struct LanguageTests {
    /// A stage of a playbook without other findings.
    private func expectStage(_ rules: String..., is stage: String, saying words: String = "") {
        expectFindings(rules[0], in: Sample.bare + "  - " + stage + "\n", saying: words)
    }

    @Test("an unknown key names the nearest known one")
    func unknownKeys() {
        expectFindings(
            "UnknownKey", "UnknownKey", "UnknownKey",
            in: """
                name: x
                endpoint: my-endpoint
                ⟦descripton⟧: text
                stages:
                  - {name: a, scale: {deployment: blue, instance_count: 2, ⟦instanceCount⟧: 2}, ⟦onFailure⟧: hold}

                """, saying: "help: did you mean 'description'?")
    }

    @Test("a missing key is named, with an example")
    func missingKeys() {
        expectFindings(
            "MissingKey", "MissingKey",
            in:
                "name: x\nendpoint: my-endpoint\nstages:\n  - {⟦wait⟧: {for: 1s}}\n  - {name: a, scale: {⟦deployment⟧: blue}}\n",
            saying: "help: add 'instance_count: 2'")
        expectFindings("MissingKey", "MissingKey", in: "⟦⟦description⟧⟧: nothing\n")
    }

    @Test("a stage has exactly one action")
    func actions() {
        expectStage("OneAction", is: "{⟦name⟧: a, for: 10m}", saying: "has no action")
        expectStage(
            "OneAction", is: "{name: a, wait: {for: 1s}, ⟦traffic⟧: {}}", saying: "two actions, 'wait' and 'traffic'")
        expectStage("OneAction", is: "{name: a, ⟦delete⟧: {}}")
        expectStage("OneAction", is: "{name: a, ⟦delete⟧: {deployment: blue, endpoint: true}}")
        expectStage("ValueType", is: "{name: a, delete: {endpoint: ⟦false⟧}}")
    }

    @Test("a stage is left by its analysis or by its time, not by both")
    func analysis() {
        expectFindings(
            "Analysis", "AnalysisHasCandidate",
            in: Sample.bare
                + "  - {name: a, traffic: {blue: 100}, ⟦for⟧: 1m, ⟦analysis⟧: {for: 30m, metrics: [errors]}}\n",
            saying: "both 'for' and 'analysis'")
        expectFindings(
            "AnalysisHasCandidate", "Analysis",
            in: Sample.bare
                + "  - {name: a, traffic: {blue: 100}, ⟦analysis⟧: {⟦when⟧: true, for: 30m, metrics: [errors]}}\n",
            saying: "no 'for'")
        expectStage(
            "MissingKey", is: "{name: a, traffic: {blue: 100}, analysis: {⟦for⟧: 30m}}", saying: "metrics")
    }

    @Test("names of stages are unique, small and short")
    func names() {
        expectStage("ValueType", is: "{name: ⟦Cut Over⟧, wait: {for: 1s}}")
        expectFindings(
            "StageName", in: Sample.bare + "  - {name: a, wait: {for: 1s}}\n  - {name: ⟦a⟧, wait: {for: 1s}}\n",
            saying: "on line 4")
        expectFindings("PlaybookName", in: "name: ⟦other⟧\nstages: [{name: a, wait: {for: 1s}}]\n", saying: "warning")
    }

    @Test(
        "values have types and ranges",
        arguments: [
            "{name: a, traffic: {blue: ⟦101⟧}}", "{name: a, traffic: {blue: ⟦ten⟧}}", "{name: a, traffic: ⟦5⟧}",
            "{name: a, traffic: {}, for: ⟦10⟧}", "{name: a, traffic: {}, timeout: ⟦0s⟧}",
            "{name: a, wait: {for: ⟦-1s⟧}}",
            "{name: a, traffic: {}, on_failure: ⟦rollback⟧}", "{name: a, traffic: {}, retry: {attempts: ⟦0⟧}}",
            "{name: a, traffic: {}, approval: {required: ⟦'1'⟧}}", "{name: a, traffic: {}, approval: ⟦true⟧}",
            "{name: a, traffic: {}, approval: {starter_may_approve: ⟦no⟧}}", "{name: a, run: {command: ⟦[]⟧}}",
            "{name: a, run: {command: ⟦ls -l⟧}}", "{name: a, run: {command: [⟦[ls]⟧]}}", "{name: a, wait: ⟦10s⟧}",
            "{name: a, scale: {deployment: ⟦''⟧, instance_count: 1}}", "⟦text⟧",
            "{name: a, traffic: {}, approval: {timeout: ⟦nevr⟧}}",
        ])
    func types(stage: String) {
        expectStage("ValueType", is: stage)
    }

    @Test("a deployment is given a share once, whatever its case")
    func duplicates() {
        expectStage("DuplicateKey", is: "{name: a, traffic: {blue: 50, ⟦BLUE⟧: 50}}")
        expectStage("DuplicateKey", is: "{name: a, traffic: {blue: 50, ⟦\"${{ 'blue' }}\"⟧: 50}}")
    }

    @Test("a stage is read with all that can be said of it")
    func wholeStage() throws {
        let stages = try Sample.stages(
            """
            name: x
            endpoint: my-endpoint
            stages:
              - name: all
                when: true
                approval:
                  required: 2
                  instructions: Look
                  timeout: never
                  on_timeout: go_on
                  starter_may_approve: false
                  group: operators
                invoke: {deployment: blue, request_file: request.json, times: 3,
                  expect: {status: 201, within: 1.5s, json: {a: [1]}}}
                for: 1h30m
                timeout: 5m
                retry: {attempts: 3, backoff: 2s}
                on_failure: stop
              - name: run
                run: {command: [echo, 1, true], environment: {A: 2}, idempotent: true}
              - name: skipped
                when: "${{ not  backend.mirroring }}"
                mirror_traffic: {blue: 10}

            """)
        let invocation = Invocation(
            deployment: "blue", request: InferenceRequest(body: "{\"data\": []}\n"), times: 3,
            expect: .init(status: 201, within: .milliseconds(1500), json: ["a": [1]]))
        let approval = Approval(
            required: 2, instructions: "Look", timeout: nil, onTimeout: .goOn, starterMayApprove: false,
            group: "operators")
        #expect(
            stages.first
                == Stage(
                    name: "all", action: .invoke(invocation), approval: approval, bake: .minutes(90),
                    timeout: .minutes(5),
                    retry: Retry(attempts: 3, backoff: .seconds(2)), onFailure: .stop))
        let command = Command(words: ["echo", "1", "true"], environment: ["A": "2"], idempotent: true)
        #expect(stages[1] == Stage(name: "run", action: .run(command)))
        #expect(stages[2].skip == "when: not backend.mirroring is false")
    }

    @Test("a condition must be true or false")
    func conditions() {
        expectStage("Condition", is: "{name: a, when: ⟦'${{ 1 }}'⟧, traffic: {}}")
        expectStage("Condition", is: "{name: a, when: ⟦backend.mirroring⟧, traffic: {}}")
        expectStage("Expression", is: "{name: a, when: '${{ ⟦backend.miroring⟧ }}', traffic: {}}")
    }

    @Test("the endpoint is named, overridden, or missing")
    func endpoints() throws {
        expectFindings(
            "EndpointName", in: "name: x\nstages: [{name: a, ⟦traffic⟧: {}}]\n", saying: "pass --endpoint NAME")
        let waiting = try #require(Sample.plan("name: x\nstages: [{name: a, wait: {for: 1s}}]\n").snapshot)
        #expect(waiting.plan.endpoint == "x")
        let other = try #require(Sample.plan(Sample.start, .managed(endpoint: "other")).snapshot)
        #expect(other.plan.endpoint == "other")
        let define = try #require(other.plan.stages[0].action.as(DefineAction.self))
        #expect(define.allTraffic && define.endpoint.name == "other" && define.endpoint.document["name"] == "other")
        #expect(define.deployment?.endpoint == "other")
        #expect(define.deployment?.document["endpoint_name"] == "other")
    }

    @Test("other files of the same backends and unknown backends")
    func backends() throws {
        expectFindings(
            "UnknownKey", in: "name: x\nbackends: {⟦simulatd⟧: {}}\nstages: [{name: a, wait: {for: 1s}}]\n",
            saying: "did you mean 'simulated'?")
        let snapshot = try #require(
            Sample.plan(
                "name: x\nbackends: {simulated: {seed: \"${{ 1 + 1 }}\"}, local: {a: 1}}\nstages: [{name: a, wait: {for: 1s}}]\n"
            ).snapshot)
        #expect(snapshot.plan.backendSettings == ["seed": 2])
    }
}
