import Foundation
import Testing

@Suite("The next rollout", .integration, .serialized, .timeLimit(.minutes(3)))
struct NextRolloutTests {
    /// Answers with its version, and takes what Azure's servers take.
    private static let server = """
        import http.server, json, os
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.dumps({"version": os.environ.get("VERSION")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            do_GET = do_POST = answer
            def log_message(self, *_): pass
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
        port = int(os.environ.get("PORT") or os.environ["TURNOUT_PORT"])
        Server(("127.0.0.1", port), Handler).serve_forever()

        """

    /// Clients of their own process: 50 requests a second until their input ends, then what they met, as JSON.
    private static let clients = """
        import json, os, sys, threading, time, urllib.request
        uri, key = sys.argv[1], sys.argv[2]
        met, errors, lock = {}, [], threading.Lock()
        stop = sys.argv[3]
        def one():
            request = urllib.request.Request(uri, data=b"{}", headers={
                "Content-Type": "application/json", "Authorization": "Bearer " + key})
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    name = answer.headers["azureml-model-deployment"]
                with lock: met[name] = met.get(name, 0) + 1
            except Exception as error:
                with lock: errors.append(repr(error))
        threads, start, n = [], time.monotonic(), 0
        while not os.path.exists(stop):
            time.sleep(max(0, start + n / 50 - time.monotonic()))
            n += 1
            thread = threading.Thread(target=one)
            thread.start()
            threads.append(thread)
        for thread in threads: thread.join()
        print(json.dumps({"sent": n, "met": met, "errors": errors[:10]}))

        """

    private struct Met: Decodable {
        var sent: Int
        var met: [String: Int]
        var errors: [String]
    }

    private struct Planned: Decodable {
        struct Roles: Decodable {
            var live: String?
            var candidate: String
        }
        var roles: Roles?
    }

    @Test("three times in a row, the same command replaces what is live, and no client of another process notices")
    func three() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try home.write(Self.server, to: "Playbooks/server.py")
            try home.write(Self.clients, to: "clients.py")
            for version in 1...3 {
                try home.write(
                    """
                    name: blue
                    endpoint_name: my-endpoint
                    instance_type: Standard_DS3_v2
                    environment_variables: {VERSION: "\(version)"}
                    request_settings: {max_concurrent_requests_per_instance: 20}

                    """, to: "v\(version).yml")
            }
            let playbook = try home.read("Playbooks/next-rollout.yml").replacing(
                "stages:\n",
                with: """
                    backends:
                      local:
                        command: {blue: [python3, server.py], green: [python3, server.py]}
                    stages:

                    """)
            // How fast a busy machine answers is another test's question.
            let latency = ", latency: {tolerance: 100%, margin: {p50: 200%, p95: 200%}}"
            #expect(playbook.contains(latency))
            try home.write(playbook.replacing(latency, with: ""), to: "Playbooks/next-rollout.yml")
            let standing = try home.serve()
            var clients: Process?
            let stop = home.path + "/stop"
            let output = Pipe()
            for version in 1...3 {
                let live = version == 1 ? nil : version == 2 ? "blue" : "green"
                let candidate = version == 2 ? "green" : "blue"
                let arguments = [
                    "next-rollout", "--input", "file=\(home.path)/v\(version).yml", "--input", "canary=50", "--input",
                    "at_least=1s", "--input", "canary_for=20s", "--input", "mirror_for=3s", "--input", "settle_for=3s",
                ]
                let plan = try JSONDecoder().decode(
                    Planned.self, from: Data(try home.run(["plan"] + arguments + ["--json"]).output.utf8))
                #expect(plan.roles?.live == live && plan.roles?.candidate == candidate)
                let ended = try home.run(["run"] + arguments + ["--approve", "all"])
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                #expect(!ended.errors.contains("warning: stage"), "\(ended.errors)")
                let status = try home.status("next-rollout-\(version)")
                #expect(status.traffic == .init(wanted: [candidate: 100], actual: [candidate: 100]))
                let answer = try home.run("endpoint", "invoke", "--data", "{}")
                #expect(answer.output.contains("\"\(version)\""), "\(answer.output)\(answer.errors)")
                guard version == 1 else { continue }
                let shown = try home.run("endpoint", "show").output
                let uri = try #require(shown.firstMatch(of: /http:\/\/\S+/)).output
                let key = try #require(try home.json([String: String].self, "endpoint", "keys")["primary"])
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = ["python3", home.path + "/clients.py", String(uri), key, stop]
                process.standardOutput = output
                try process.run()
                clients = process
            }
            try home.write("", to: "stop")
            let met = try JSONDecoder().decode(Met.self, from: output.fileHandleForReading.readDataToEndOfFile())
            clients?.waitUntilExit()
            #expect(met.errors.isEmpty, "\(met.errors)")
            #expect(met.sent == met.met.values.reduce(0, +) && met.sent > 100)
            #expect(met.met.keys.sorted() == ["blue", "green"])
            standing.signal(SIGINT)
            #expect(try standing.wait().status == 0)
        }
    }

    @Test("P16 a plan is refused when another deployment is live by then, and so is an old run's retry")
    func stale() async throws {
        try await TurnoutHome.with { home throws in
            let file = [
                "next-rollout", "--input",
                "file=\(home.path)/Playbooks/samples/article/managed/sample/blue-deployment.yml",
            ]
            let whole = ["run"] + file + ["--approve", "all"]
            for _ in 1...2 { #expect(try home.run(whole).status == 0) }
            let planned = try home.run(["plan"] + file).output
            #expect(planned.contains("Roles: green is live, blue is the candidate."))
            let token = try #require(planned.firstMatch(of: /plan: (\S+)/)).output.1
            #expect(try home.run(whole).status == 0)
            let stale = try home.run(whole + ["--plan", String(token)])
            #expect(stale.status == 65 && stale.errors.contains("now blue is live"), "\(stale.errors)")
            let retried = try home.run("retry", "next-rollout-2", "--from", "deploy")
            #expect(retried.status == 0 || retried.status == 11, "\(retried.errors)")
            let taken = try home.run(whole)
            #expect(taken.status == 13 && taken.errors.contains("is in use"), "\(taken.errors)")
            #expect(try home.run("abort").status == 12)
            let old = try home.run("retry", "next-rollout-3", "--from", "deploy")
            #expect(old.status == 65 && old.errors.contains("'green' was live"), "\(old.errors)")
            let again = try home.json(Roled.self, "status", "next-rollout-3")
            #expect(again.roles?.live == "green" && again.roles?.candidate == "blue")
        }
    }

    private struct Roled: Decodable { var roles: Planned.Roles? }

    @Test("a smoke test in Python finds the deployment, its address and its key in the environment")
    func smokeTest() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let safe = try home.read("Playbooks/safe-rollout.yml")
            let playbook = safe.replacing(
                "  - name: mirror\n",
                with: """
                      - name: smoke-test
                        run: {command: [samples/smoke/smoke_test.py, samples/sample-request.json]}

                      - name: variables
                        run:
                          command: [sh, -c, "env | grep ^TURNOUT_; stat -c mode=%a $TURNOUT_KEY_FILE; pwd; exit 3"]

                      - name: mirror

                    """)
            #expect(playbook != safe)
            try home.write(playbook, to: "Playbooks/safe-rollout.yml")
            let ended = try home.run("run", "safe-rollout", "--approve", "all")
            #expect(ended.status == 10, "\(ended.output)\(ended.errors)")
            #expect(ended.output.contains("green of my-endpoint answers in JSON"), "\(ended.output)")
            for line in [
                "TURNOUT_RUN=safe-rollout-1", "TURNOUT_STAGE=variables", "TURNOUT_ENDPOINT=my-endpoint",
                "TURNOUT_DEPLOYMENT=green", "TURNOUT_SCORING_URI=http://127.0.0.1:", "mode=600", "/Playbooks",
            ] {
                #expect(ended.output.contains(line), "\(line) is missing: \(ended.output)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.path + "/state/keys").isEmpty)
        }
    }
}
