import Foundation
import Rollouts
import Testing

@testable import LocalEndpoints

/// The emulator as a process of its own, which outlives the commands that use it.
@Suite("The emulator in the background", .integration, .serialized, .timeLimit(.minutes(5)))
struct EmulatorProcessTests {
    private static let define = """
        name: small
        backends: {local: {simulate: {blue: {latency: {p50: 5ms, p99: 10ms}}}}}
        stages:
          - name: define
            define: {endpoint_file: samples/endpoint.yml, deployment_file: samples/blue-deployment.yml, all_traffic: true}

        """

    private static let pair = """
        name: pair
        inputs: {pause: {type: duration, default: 3s}}
        backends: {local: {simulate: {blue: {latency: {p50: 5ms, p99: 10ms}}, green: {latency: {p50: 5ms, p99: 9ms}}}}}
        stages:
          - name: define
            define: {endpoint_file: samples/endpoint.yml, deployment_file: samples/blue-deployment.yml, all_traffic: true}
          - {name: deploy-green, deploy: {deployment_file: samples/green-deployment.yml}}
          - {name: canary, traffic: {blue: 90, green: 10}}
          - {name: pause, wait: {for: "${{ inputs.pause }}"}}
          - {name: cut-over, traffic: {green: 100}}
          - {name: delete-blue, delete: {deployment: blue}}

        """

    /// A home with one endpoint that is served in the background, and 50 requests a second to it.
    private func withClients(
        _ body: (TurnoutHome, ServeRecord) async throws -> Void
    ) async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try home.write(Self.define, to: "Playbooks/small.yml")
            let ended = try home.run("run", "small")
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            let record = try home.record()
            let report = try await clients(of: "my-endpoint", in: home) { try await body(home, record) }
            #expect(report.failed == 0 && report.dropped == 0 && report.succeeded > 20, "\(report)")
        }
    }

    /// What clients meet who send 50 requests a second to the endpoint while `body` works.
    private func clients(
        of endpoint: String, in home: TurnoutHome, _ body: () async throws -> Void
    ) async throws -> LoadReport {
        let keys = try home.json([String: String].self, "endpoint", "keys", endpoint)
        let generator = try LoadGenerator(
            url: try home.record().data + "/endpoints/\(endpoint)/score", key: try #require(keys["primary"]),
            body: #"{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}"#, rate: 50)
        let task = Task { await generator.run() }
        do {
            try await body()
            try await Task.sleep(for: .milliseconds(500))
        } catch {
            Issue.record(error)
        }
        task.cancel()
        await task.value
        return generator.report
    }

    @Test("kill -9 of one runner's group disturbs no client of its endpoint, nor the run and the clients of another")
    func twoRuns() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try home.write(Self.pair, to: "Playbooks/pair.yml")
            let first = try home.start(["run", "pair", "--input", "pause=1m"], under: ["setsid", "--wait"])
            try wait { (try? home.status("pair-1").stages[3].status) == "running" }
            let second = try home.start(["run", "pair", "--endpoint", "other"])
            try wait { (try? home.status("pair-2").stages[0].status) == "succeeded" }
            let emulator = try #require(home.emulator)
            var reports: [LoadReport] = []
            reports.append(
                try await clients(of: "my-endpoint", in: home) {
                    reports.append(
                        try await clients(of: "other", in: home) {
                            let runner = try #require(try home.holder(of: "pair-1"))
                            #expect(kill(-getpgid(runner), SIGKILL) == 0)
                            _ = try first.wait()
                            let ended = try second.wait()
                            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                        })
                })
            for report in reports { #expect(report.failed == 0 && report.dropped == 0, "\(report)") }
            #expect(reports.allSatisfy { $0.succeeded > 50 })
            #expect(home.emulator == emulator && kill(emulator, 0) == 0)
            #expect(try home.status("pair-2").traffic.actual == ["green": 100])
        }
    }

    @Test("serve keeps an emulator that runs already, and neither its start nor its end is seen by clients")
    func kept() async throws {
        try await withClients { home, record in
            let standing = try home.serve()
            #expect(try String(contentsOfFile: standing.output, encoding: .utf8).contains("\"process\":\(record.pid)"))
            #expect(try home.run("serve").errors.contains("another `turnout serve`"))
            let elsewhere = try home.run("serve", "--data", "127.0.0.1:1")
            #expect(elsewhere.status == 13, "\(elsewhere.errors)")
            let refused = try home.run("serve", "--stop")
            #expect(refused.status == 13 && refused.errors.contains("turnout serve (process"), "\(refused.errors)")
            #expect(try home.run("doctor").output.contains("turnout serve"))
            standing.signal(SIGINT)
            #expect(try standing.wait().status == 0)
            #expect(home.emulator == record.pid)
        }
    }

    @Test("P10 serve carries out the on_timeout of a gate at which no process waits")
    func deadline() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try home.write(
                Self.define
                    + "  - name: sign-off\n    wait: {for: 1s}\n    approval: {timeout: 4s, on_timeout: hold}\n",
                to: "Playbooks/small.yml")
            #expect(try home.run("run", "small").status == 11)
            let standing = try home.serve()
            try wait {
                let printed = try String(contentsOfFile: standing.output, encoding: .utf8)
                return printed.contains("run.summary") && printed.contains("no decision within 4s")
            }
            #expect(try home.run("status").output.contains("small-1 held"))
            standing.signal(SIGINT)
            #expect(try standing.wait().status == 0)
        }
    }

    @Test("an emulator that was killed comes back with its port and keys for the next command, and once for four")
    func killed() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try home.write(Self.define, to: "Playbooks/small.yml")
            #expect(try home.run("run", "small").status == 0)
            let (record, keys) = (try home.record(), try home.json([String: String].self, "endpoint", "keys"))
            kill(record.pid, SIGKILL)
            try wait { home.emulator == nil }
            let shown = try home.run("endpoint", "show")
            #expect(shown.errors.contains("not served now") && shown.output.contains("0/1"), "\(shown)")
            let commands = try (1...4).map { _ in try home.start(["endpoint", "invoke", "--data", "{}"]) }
            for command in commands {
                let ended = try command.wait()
                #expect(ended.status == 0, "\(ended.errors)")
            }
            #expect(TurnoutHome.emulators(of: home.path) == [home.emulator])
            let back = try home.record()
            #expect(back.pid != record.pid && back.data == record.data && back.control == record.control)
            #expect(try home.json([String: String].self, "endpoint", "keys") == keys)
            #expect(try home.run("serve", "--stop").status == 0)
            #expect(TurnoutHome.emulators(of: home.path).isEmpty)
            #expect(try home.run("serve", "--stop").output.contains("no emulator is running"))
        }
    }

    @Test("it inherits no file of its caller and no secret, and leaves once it has been unused for its time")
    func detached() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            let script = """
                exec 9>"$TURNOUT_HOME/lock"; flock 9; exec 8>"$TURNOUT_HOME/pipe"
                "\(TurnoutHome.program)" endpoint delete none --yes
                """
            let ended = try home.run(
                [], under: ["env", "TURNOUT_SERVE_IDLE=2s", "MY_TOKEN=x", "bash", "-c", script, "--"])
            #expect(ended.status == 64, "\(ended.errors)")
            let emulator = try #require(home.emulator)
            let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(emulator)/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(emulator)/fd/\($0)")
            }
            #expect(!files.contains { $0.hasPrefix(home.path) && !$0.hasPrefix(home.path + "/state/") }, "\(files)")
            let variables = String(
                decoding: try #require(FileManager.default.contents(atPath: "/proc/\(emulator)/environ")), as: UTF8.self
            )
            #expect(!variables.contains("MY_TOKEN") && variables.contains("PATH="))
            #expect(getsid(emulator) == emulator)
            try wait { home.emulator == nil }
            #expect(try home.run("doctor").output.contains("not served now"))
            #expect(!FileManager.default.fileExists(atPath: home.path + "/state/local/serve.json"))
        }
    }

    @Test("TURNOUT_STATE names the state folder by itself, also where a link leads to it")
    func state() async throws {
        try await TurnoutHome.with(backend: "local") { home throws in
            try home.write(Self.define, to: "Playbooks/small.yml")
            var elsewhere = home
            elsewhere.variables["TURNOUT_STATE"] = home.path + "/elsewhere/deep"
            #expect(try elsewhere.run("run", "small").status == 0)
            try FileManager.default.createSymbolicLink(
                atPath: home.path + "/state", withDestinationPath: home.path + "/elsewhere/deep")
            #expect(try home.run("status").output.contains("small-1"))
            #expect(try home.run("endpoint", "show").output.contains("1/1"))
            #expect(try home.run("serve", "--stop").status == 0)
            let file = home.path + "/file"
            try Data().write(to: URL(fileURLWithPath: file))
            elsewhere.variables["TURNOUT_STATE"] = file + "/state"
            let refused = try elsewhere.run("endpoint", "invoke", "--data", "{}")
            #expect(refused.status == 74, "\(refused.errors)")
            #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
        }
    }
}

extension TurnoutHome {
    func record() throws -> ServeRecord {
        try #require(try ServeRecord.read(LocalFolder(state: path + "/state")))
    }

    /// The process that works on a run.
    func holder(of run: String) throws -> Int32? {
        let users = path + "/state/local/users"
        return try FileManager.default.contentsOfDirectory(atPath: users).compactMap { file -> Int32? in
            guard let data = FileManager.default.contents(atPath: "\(users)/\(file)"),
                let user = try? JSONDecoder().decode(EmulatorUser.self, from: data), user.purpose == "run \(run)"
            else { return nil }
            return user.pid
        }.first
    }
}
