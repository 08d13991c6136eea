import Foundation
import Testing

@Suite("Output that cannot be written", .integration, .serialized, .timeLimit(.minutes(2)))
struct OutputFailureTests {
    /// A line for every command that prints something and can be run here.
    private static let commands = [
        "--help", "--version", "--generate-completion-script bash", "plan p", "plan p --json", "check p",
        "check p --json", "check --schema", "playbooks", "playbooks --json", "rehearse p", "rehearse p --json",
        "run p --json", "run p", "runs", "runs --json", "status", "status --json", "status --watch",
        "status --watch --json", "events", "events --json", "events --verify", "export", "doctor", "doctor --json",
        "endpoint list", "endpoint list --json", "endpoint show", "endpoint show --json", "endpoint history",
        "endpoint history --json", "endpoint logs --deployment blue", "endpoint invoke --data {}",
        "endpoint invoke --data {} --json", "endpoint traffic --set blue=100",
        "endpoint scale --deployment blue --instances 2",
        "serve --stop", "endpoint delete --yes",
    ]

    @Test("every command ends with 74, and one sentence says why")
    func full() async throws {
        try await TurnoutHome.with { home throws in
            try home.write(
                """
                name: p
                stages:
                  - name: define
                    define: {endpoint_file: samples/endpoint.yml, deployment_file: samples/blue-deployment.yml, all_traffic: true}

                """, to: "Playbooks/p.yml")
            #expect(try home.run("run", "p").status == 0)
            for command in Self.commands {
                let ended = try home.run(
                    [], under: ["sh", "-c", "\(TurnoutHome.program) \(command) > /dev/full", "sh"])
                #expect(ended.status == 74, "\(command): \(ended)")
                #expect(ended.errors.contains("cannot write to standard output: No space left"), "\(command)")
            }
            // A reader that has gone wanted no more.
            let gone = try home.run(
                [], under: ["bash", "-c", "\(TurnoutHome.program) export | true; exit ${PIPESTATUS[0]}", "bash"])
            #expect(gone.status == 0, "\(gone)")
        }
    }
}
