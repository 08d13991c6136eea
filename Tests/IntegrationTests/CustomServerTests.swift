import Foundation
import Testing

/// The example of the README: servers that come as container images, and a command that stands for them here.
@Suite("Servers of one's own", .integration, .serialized, .timeLimit(.minutes(8)))
struct CustomServerTests {
    @Test("the FastAPI example rolls out, is probed at its own routes and scored at its own path")
    func fastAPI() async throws {
        let python = try await Programs.python("fastapi-0.141.1", with: ["fastapi==0.141.1", "uvicorn==0.54.0"])
        try await TurnoutHome.with(backend: "local") { home in
            var home = home
            let folder = String(python.dropLast("/python".count))
            home.variables["PATH"] = folder + ":" + (environment["PATH"] ?? "")
            let ended = try home.run(
                [
                    "run", home.path + "/Playbooks/samples/fastapi/rollout.yml", "--approve", "all", "--input",
                    "at_least=2s",
                ], within: 300)
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            #expect(
                try home.status("fastapi-rollout-1").traffic == .init(wanted: ["green": 100], actual: ["green": 100]))
            let request = home.path + "/Playbooks/samples/fastapi/request.json"
            let answer = try home.run("endpoint", "invoke", "--request", request)
            #expect(answer.output.contains(#""price":263000.0"#), "\(answer.output)\(answer.errors)")
            // Azure makes 424 of the server's own 422, and passes on what it said.
            let refused = try home.run("endpoint", "invoke", "--data", "{}")
            #expect(refused.output.contains("424") && refused.output.contains("Field required"), "\(refused.output)")
        }
    }
}
