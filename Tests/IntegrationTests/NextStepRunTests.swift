import Foundation
import Testing

/// Every next step of a run is typed as it is printed, in a copy of the state that it was printed for.
@Suite("P21 next steps, typed as printed", .integration, .serialized, .timeLimit(.minutes(5)))
struct NextStepRunTests {
    private struct Status: Decodable {
        struct Step: Decodable {
            var operation: String
            var command: String
        }
        var run: String
        var status: String
        var next: String?
        var nextSteps: [Step]
        private enum CodingKeys: String, CodingKey {
            case run, status, next
            case nextSteps = "next_steps"
        }
    }

    private static let head = """
        name: steps
        backends: {simulated: {simulate: {blue: {}, green: {}}}}
        stages:
          - name: define
            define: {endpoint_file: samples/endpoint.yml, deployment_file: samples/blue-deployment.yml, all_traffic: true}
          - name: deploy
            deploy: {deployment_file: samples/green-deployment.yml}

        """
    private static let canary = "  - {name: canary, traffic: {blue: 90, green: 10}}\n"
    private static func gate(_ more: String = "") -> String {
        "  - {name: cut-over, approval: {required: 1\(more)}, traffic: {green: 100}}\n"
    }
    private static let test =
        "  - name: test\n    invoke: {deployment: green, request_file: samples/sample-request.json, "
        + "times: 1, expect: {status: 418}}\n"

    /// A state: a playbook's stages, and the commands that lead to it after its run.
    struct State: Sendable, CustomTestStringConvertible {
        var name: String
        var stages: String
        var status: String
        var operations: [String]
        var then: [[String]] = []
        /// Ends the run while its program works.
        var signal: Int32?
        var testDescription: String { name }
    }

    private static let states: [State] = [
        State(
            name: "waits for an approval", stages: canary + gate(), status: "waiting",
            operations: ["approve", "reject", "abort"]),
        State(
            name: "bars its starter", stages: canary + gate(", starter_may_approve: false"), status: "waiting",
            operations: ["reject", "abort"]),
        State(
            name: "asks for a group that there is not", stages: canary + gate(", group: no-such-group"),
            status: "waiting", operations: ["reject", "abort"]),
        State(
            name: "has one approval of two",
            stages: canary + gate(", required: 2").replacing("required: 1, ", with: ""),
            status: "waiting", operations: ["reject", "abort"], then: [["approve"]]),
        State(
            name: "was approved and not taken up", stages: canary + gate(), status: "waiting",
            operations: ["resume", "abort"], then: [["approve"]]),
        State(
            name: "ran out of time", stages: canary + gate(", timeout: 1s, on_timeout: hold"), status: "expired",
            operations: ["resume", "abort"], then: [["sleep"]]),
        State(
            name: "is held since its time ran out", stages: canary + gate(", timeout: 1s, on_timeout: hold"),
            status: "held", operations: ["retry", "skip", "succeed", "abort"], then: [["sleep"], ["resume"]]),
        State(
            name: "is held since a stage failed", stages: test + "    on_failure: hold\n" + canary, status: "held",
            operations: ["retry", "skip", "succeed", "abort"]),
        State(
            name: "is held for drift", stages: canary + gate(), status: "held",
            operations: ["restore", "adopt", "abort"],
            then: [
                ["endpoint", "traffic", "my-endpoint", "--set", "blue=50", "--set", "green=50"],
                ["approve", "--resume"],
            ]),
        State(
            name: "has adopted the endpoint",
            stages: canary + "  - name: wait\n    run: {command: [sleep, \"1\"], idempotent: true}\n"
                + "  - {name: more, traffic: {blue: 50, green: 50}}\n", status: "held",
            operations: ["retry", "succeed", "skip", "abort"],
            then: [
                ["endpoint", "traffic", "my-endpoint", "--set", "blue=100", "--force"], ["resume"],
                ["resume", "--adopt"],
            ],
            signal: SIGKILL),
        State(
            name: "is held without a verdict",
            stages:
                "  - name: canary\n    traffic: {blue: 90, green: 10}\n    analysis: {for: 30s, metrics: [errors]}\n",
            status: "held", operations: ["retry", "skip", "succeed", "abort"]),
        State(
            name: "was interrupted",
            stages: "  - name: wait\n    run: {command: [sleep, \"3\"], idempotent: true}\n" + canary,
            status: "interrupted", operations: ["resume", "abort"], signal: SIGTERM),
        State(
            name: "was killed",
            stages: "  - name: wait\n    run: {command: [sleep, \"3\"], idempotent: true}\n" + canary,
            status: "interrupted", operations: ["resume", "abort"], signal: SIGKILL),
        State(
            name: "does not know what became of a program",
            stages: "  - name: wait\n    run: {command: [sleep, \"3\"]}\n" + canary, status: "held",
            operations: ["succeed", "retry", "skip", "abort"], then: [["resume"]], signal: SIGKILL),
        State(name: "was rolled back", stages: canary + test, status: "rolled_back", operations: ["fork"]),
        State(
            name: "failed", stages: canary + test + "    on_failure: stop\n", status: "failed",
            operations: ["fork", "abort"]),
        State(name: "was aborted", stages: canary + gate(), status: "aborted", operations: ["fork"], then: [["abort"]]),
        State(
            name: "ended early", stages: canary + gate(), status: "ended_early", operations: ["fork", "abort"],
            then: [["skip", "--reason", "kept", "--resume"]]),
        State(
            name: "succeeded", stages: canary + "  - {name: cut-over, traffic: {green: 100}}\n", status: "succeeded",
            operations: []),
    ]

    @Test("none is refused", arguments: states)
    func typed(_ state: State) async throws {
        try await TurnoutHome.with { home throws in
            try home.write(Self.head + state.stages, to: "Playbooks/steps.yml")
            let words = ["run", "steps"]
            if let signal = state.signal {
                let started = try home.start(words)
                try wait { try String(contentsOfFile: started.output, encoding: .utf8).contains("run sleep") }
                started.signal(signal)
                _ = try started.wait()
            } else {
                _ = try home.run(words)
            }
            for words in state.then {
                if words == ["sleep"] {
                    try await Task.sleep(for: .milliseconds(1200))
                } else {
                    _ = try home.run(words)
                }
            }
            let shown = try home.run("status", "--json")
            let status = try JSONDecoder().decode(Status.self, from: Data(shown.output.utf8))
            #expect(status.status == state.status, "\(shown.output)")
            #expect(status.nextSteps.map(\.operation) == state.operations, "\(shown.output)")
            for step in status.nextSteps {
                let copy = home.path + "-" + step.command.replacing(" ", with: "_")
                try FileManager.default.copyItem(atPath: home.path, toPath: copy)
                defer { try? FileManager.default.removeItem(atPath: copy) }
                let words = step.command.split(separator: " ").dropFirst().map(String.init)
                let ended = try TurnoutHome(path: copy, backend: home.backend).run(words)
                #expect([0, 1, 10, 11, 12].contains(ended.status), "\(step.command): \(ended.output)\(ended.errors)")
                #expect(!ended.errors.contains("error:"), "\(step.command): \(ended.errors)")
            }
        }
    }
}
