import AzureEndpoints
import Foundation
import Testing

@testable import LocalEndpoints

/// What serves is kept: rollbacks, scaling and restarts bring back the content that was deployed, whatever became of the
/// files that it was taken from.
@Suite("Stored content", .integration, .serialized, .timeLimit(.minutes(10)))
struct StoredContentTests {
    /// A server that answers with the content of a file beside it, read when it starts.
    private static let server = """
        import http.server, os
        TEXT = open("weights.txt").read().strip()
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *a): pass
            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = ('"%s"' % TEXT).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            do_POST = do_GET
        http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
        """
    private static let deployment = """
        name: blue
        endpoint_name: kept
        environment: {image: "x/y:1"}
        instance_type: Standard_DS3_v2
        readiness_probe: {initial_delay: 1, period: 1}

        """
    private static let command =
        "backends: {local: {command: {blue: {run: [python3, srv.py], files: [weights.txt]}}}}\n"

    private func files(_ home: TurnoutHome) throws {
        try home.write("name: kept\nauth_mode: key\n", to: "Playbooks/endpoint.yml")
        try home.write(Self.deployment, to: "Playbooks/blue.yml")
        try home.write(Self.server, to: "Playbooks/srv.py")
        try home.write("one", to: "Playbooks/weights.txt")
        try home.write("{}", to: "Playbooks/r.json")
        try home.write(
            "name: live\n" + Self.command
                + """
                stages:
                  - name: define
                    define: {endpoint_file: endpoint.yml, deployment_file: blue.yml, all_traffic: true}
                """, to: "Playbooks/live.yml")
        try home.write(
            "name: next\nendpoint: kept\n" + Self.command
                + """
                stages:
                  - name: deploy
                    deploy: {deployment_file: blue.yml}
                  - name: test
                    invoke: {deployment: blue, request_file: r.json, times: 1, expect: {json: "one"}}
                """, to: "Playbooks/next.yml")
    }

    private func answer(_ home: TurnoutHome, in cloud: [String: String] = [:]) throws -> String {
        let ended = try home.run(["endpoint", "invoke", "kept", "--data", "{}"], in: cloud)
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
        return ended.output
    }

    @Test(
        "P20 a rollback, one that is killed in its middle, scaling and a killed emulator bring back what served",
        arguments: ["local", "azure"])
    func command(backend: String) async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try files(home)
            let first = try home.serve()
            // As users point Azure's SDK at the emulator.
            var variables = ["TURNOUT_BACKEND": backend]
            if backend == "azure" {
                variables.merge(try home.cloud()) { $1 }
                variables.merge([
                    "AZURE_SUBSCRIPTION_ID": "s", "AZURE_RESOURCE_GROUP": "g", "AZURE_ML_WORKSPACE": "w",
                ]) { $1 }
            }
            let live = try home.run(["run", "live"], in: variables)
            #expect(live.status == 0, "\(live.output)\(live.errors)")
            #expect(live.output.contains("blue: python3 srv.py"), "\(live.output)")
            // Another content, which fails its test.
            try home.write("two", to: "Playbooks/weights.txt")
            let next = try home.run(["run", "next"], in: variables)
            #expect(next.status == 10, "\(next.output)\(next.errors)")
            #expect(next.output.contains("traffic was restored"))
            #expect(try answer(home, in: variables).contains("one"))
            // The same again, killed as soon as the way back begins.
            let killed = try home.start(["run", "next"], in: variables)
            try wait {
                try String(contentsOfFile: killed.output, encoding: .utf8).contains("rolling back")
                    || !killed.process.isRunning
            }
            killed.signal(SIGKILL)
            _ = try killed.wait()
            let resumed = try home.run(["resume"], in: variables)
            #expect([10, 64].contains(resumed.status), "\(resumed.output)\(resumed.errors)")
            #expect(try answer(home, in: variables).contains("one"))
            // Scaled up, and started again: every instance serves what was deployed.
            let scaled = try home.run(
                ["endpoint", "scale", "kept", "--deployment", "blue", "--instances", "2"], in: variables)
            #expect(scaled.status == 0, "\(scaled.output)\(scaled.errors)")
            first.signal(SIGKILL)
            _ = try first.wait()
            let second = try home.serve()
            for _ in 0..<4 { #expect(try answer(home, in: variables).contains("one")) }
            second.signal(SIGTERM)
            #expect(try second.wait().status == 0)
        }
    }

    @Test("P20 a file that changes between plan and deployment is noticed and named")
    func changed() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try files(home)
            try home.write(
                "name: later\n" + Self.command
                    + """
                    stages:
                      - name: define
                        approval: {required: 1}
                        define: {endpoint_file: endpoint.yml, deployment_file: blue.yml, all_traffic: true}
                    """, to: "Playbooks/later.yml")
            #expect(try home.run("run", "later").status == 11)
            try home.write("edited", to: "Playbooks/weights.txt")
            let ended = try home.run("approve", "--resume")
            #expect(ended.status != 0 && ended.status != 11, "\(ended.output)\(ended.errors)")
            let all = ended.output + ended.errors
            #expect(all.contains("edited since the plan was made") && all.contains("weights.txt"), "\(all)")
        }
    }
}
