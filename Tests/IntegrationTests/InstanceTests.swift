import Foundation
import NIOCore
import NIOPosix
import RolloutEngine
import Rollouts
import SimulatedEndpoints
import Testing

@testable import LocalEndpoints

@Suite("Instances", .integration, .serialized, .timeLimit(.minutes(5)))
struct InstanceTests {
    /// Answers with its instance's name and process; `die` and `hang` do so.
    private static let server = """
        import http.server, os, sys, time

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(200, "well")
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                if body == "die": os._exit(7)
                self.answer(200, f"{os.environ['TURNOUT_INSTANCE']} {os.getpid()} {os.environ.get('COLOR')} {self.path}")
            def answer(self, status, text):
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())
            def log_message(self, *words): print("said:", *words, flush=True)

        http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
        """

    private static func command(_ folder: String, _ program: String = server) throws -> InstanceKind {
        try program.write(toFile: folder + "/server.py", atomically: true, encoding: .utf8)
        return .command(CommandServer(arguments: ["python3", "server.py"], folder: folder))
    }

    @Test("two instances of a command serve on ports of their own, with their names and variables")
    func command() async throws {
        try await InstanceFixture.with(2, environment: ["COLOR": "blue=1"], kind: { try Self.command($0) }) { fixture in
            let status = try await fixture.wait { $0.ready == 2 }
            #expect(Set(status.instances.map(\.target)).count == 2)
            for index in 0..<2 {
                let answer = try await fixture.score(index)
                #expect(answer.status == 200)
                #expect(answer.body.hasPrefix("instance-\(index) ") && answer.body.hasSuffix(" blue=1 /score"))
            }
            let lines = try fixture.log.tail(100)
            #expect(lines.contains { $0.instance == "instance-1" && $0.text.hasPrefix("said: ") })
            for word in ["Pulled", "Created", "Started"] { #expect(try fixture.lines(word).count == 2) }
        }
    }

    @Test("an instance that is killed is started again; the other goes on")
    func killed() async throws {
        try await InstanceFixture.with(2, kind: { try Self.command($0) }) { fixture in
            try await fixture.wait { $0.ready == 2 }
            let before = try await fixture.score(0).body.split(separator: " ")[1]
            kill(try #require(Int32(before)), SIGKILL)
            let killed = ContinuousClock.now
            try await fixture.wait { $0.ready == 1 && $0.failed == 1 }
            #expect(try await fixture.score(1).status == 200)
            try await fixture.wait { $0.ready == 2 && $0.reason == nil }
            #expect(ContinuousClock.now - killed < .seconds(5))
            #expect(try await fixture.score(0).body.split(separator: " ")[1] != before)
            #expect(try fixture.lines("the server was killed by signal 9").count == 1)
            #expect(try fixture.lines("BackOff").count == 1)
        }
    }

    @Test("scaling up adds instances, scaling down lets the last go; in the end nothing is left of any")
    func scale() async throws {
        var folder = ""
        try await InstanceFixture.with(1, kind: { try Self.command($0) }) { fixture in
            folder = fixture.folder
            try await fixture.wait { $0.ready == 1 }
            await fixture.group.scale(to: 3)
            try await fixture.wait { $0.wanted == 3 && $0.ready == 3 }
            await fixture.group.scale(to: 1)
            let status = try await fixture.wait { $0.ready == 1 }
            #expect(status.instances.count == 3)
            try await fixture.wait { $0.instances.count == 1 }
            #expect(try await fixture.score(0).status == 200)
        }
        let text = try? String(contentsOfFile: folder + "/instances/processes.json", encoding: .utf8)
        #expect(text == nil)
    }

    @Test("what ignores SIGTERM is killed after its grace, and its children with it")
    func stubborn() async throws {
        let mark = "turnout-stubborn-\(UUID().uuidString)"
        let stubborn =
            """
            import signal, subprocess, sys
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if len(sys.argv) < 3: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "\(mark)", "child"])
            """ + "\n" + Self.server
        try await InstanceFixture.with(kind: { try Self.command($0, stubborn) }) { fixture in
            try await fixture.wait { $0.ready == 1 }
            #expect(try InstanceFixture.processes(mark).count == 1)
            let begin = ContinuousClock.now
            await fixture.group.stop(grace: .milliseconds(500))
            let duration = ContinuousClock.now - begin
            #expect(duration > .milliseconds(450) && duration < .seconds(3))
            #expect(try InstanceFixture.processes(mark).isEmpty)
        }
    }

    /// A process that does nothing, as the leader of a group of its own.
    private static func leader(_ variables: [String: String] = [:]) throws -> Process {
        let child = Process()
        child.environment = environment.merging(variables) { _, new in new }
        child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        child.arguments = [
            "python3", "-c", "import os, time; os.getpgrp() == os.getpid() or os.setpgid(0, 0); time.sleep(600)",
        ]
        for output in [\Process.standardOutput, \.standardError] { child[keyPath: output] = FileHandle.nullDevice }
        try child.run()
        return child
    }

    @Test("when the process that owns them is gone, the guardian ends the servers' groups")
    func guardian() async throws {
        let child = try Self.leader()
        try await Task.sleep(for: .milliseconds(200))
        let guardian = try Guardian()
        async let life: Void = guardian.run()
        guardian.watch(child.processIdentifier)
        guardian.watch(999_999_999)
        guardian.forget(999_999_999)
        #expect(child.isRunning)
        // The kernel closes the socket of a process that is killed, just as this does.
        guardian.leave()
        try await life
        try await Task.sleep(for: .milliseconds(100))
        #expect(!child.isRunning)
    }

    @Test("what an earlier process left running is ended by whoever takes its folder over")
    func leftovers() async throws {
        let child = try Self.leader()
        try await Task.sleep(for: .milliseconds(200))
        let entry = try #require(ProcessTable.entry(child.processIdentifier))
        let boot = try #require(ProcessTable.bootID)
        func record(start: Int64) -> String {
            """
            [{"boot":"\(boot)","owner":1,"ownerStart":-1,"group":\(entry.group),"start":\(start)}]
            """
        }
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-left-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
        }
        // A process of the same number that was started before is another one.
        try record(start: entry.start + 1).write(toFile: folder + "/processes.json", atomically: true, encoding: .utf8)
        #expect(Leftovers(folder: folder, complain: { _ = Issue.record("\($0)") }).end() == 0)
        #expect(child.isRunning)
        try record(start: entry.start).write(toFile: folder + "/processes.json", atomically: true, encoding: .utf8)
        #expect(Leftovers(folder: folder, complain: { _ = Issue.record("\($0)") }).end() == 1)
        try await Task.sleep(for: .milliseconds(200))
        #expect(!child.isRunning)
    }

    @Test("what was started and not yet recorded is found by its environment, unless its owner is alive")
    func unrecorded() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-left-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
        }
        let leftovers = Leftovers(folder: folder, complain: { _ = Issue.record("\($0)") })
        let mine = try Self.leader(leftovers.variables)
        let orphan = try Self.leader(leftovers.variables.mapValues { $0 == folder ? folder : "1-1" })
        defer { kill(mine.processIdentifier, SIGKILL) }
        try await Task.sleep(for: .milliseconds(300))
        #expect(leftovers.end() == 1)
        try await Task.sleep(for: .milliseconds(200))
        #expect(mine.isRunning && !orphan.isRunning)
    }

    @Test("a program that isn't there fails the deployment soon, by name")
    func noProgram() async throws {
        try await InstanceFixture.with(kind: {
            .command(CommandServer(arguments: ["turnout-no-such-program"], folder: $0))
        }) { fixture in
            let status = try await fixture.wait(.seconds(10)) { $0.failure != nil }
            #expect(status.failure?.code == "ResourceNotReady")
            #expect(status.failure?.message.contains("turnout-no-such-program") == true)
        }
    }

    @Test("a server that never answers its readiness probe fails within the probe's own bound")
    func neverReady() async throws {
        let probe = Probe(initialDelay: .milliseconds(200), period: .milliseconds(300), failureThreshold: 2)
        try await InstanceFixture.with(
            readiness: probe,
            kind: { .command(CommandServer(arguments: ["sleep", "600"], folder: $0)) }
        ) { fixture in
            let status = try await fixture.wait(.seconds(10)) { $0.failure != nil }
            #expect(status.failure?.code == "ResourceNotReady")
            #expect(status.failure?.message.contains("ReadinessProbeFailed") == true)
            try await fixture.wait(.seconds(20)) { $0.instances.isEmpty }
        }
    }

    @Test("a server of somebody else is ready while it listens, and is never ended")
    func external() async throws {
        try await InstanceFixture.with(kind: { try Self.command($0) }) { server in
            let instance = try #require(try await server.wait { $0.ready == 1 }.instances.first)
            guard case .server(let address) = instance.target else {
                throw InstanceFixture.NeverHappened(description: "no server")
            }
            let probe = Probe(initialDelay: .zero, period: .milliseconds(100), failureThreshold: 1)
            try await InstanceFixture.with(readiness: probe, kind: { _ in .external(address) }) { fixture in
                try await fixture.wait { $0.ready == 1 }
                #expect(try await fixture.score().status == 200)
                await fixture.group.stop(grace: .zero)
                #expect(try await server.score().status == 200)
            }
            try await InstanceFixture.with(readiness: probe, kind: { _ in .external(address) }) { fixture in
                try await fixture.wait { $0.ready == 1 }
                await server.group.stop(grace: .seconds(1))
                let status = try await fixture.wait { $0.ready == 0 }
                #expect(status.failure == nil && status.reason?.contains("ReadinessProbeFailed") == true)
            }
        }
    }

    @Test("a server that listens on a Unix socket is ready while it does")
    func unixSocket() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/turnout-\(UUID().uuidString).sock"
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: path).get()
        let probe = Probe(initialDelay: .zero, period: .milliseconds(100), failureThreshold: 1)
        let address = ServerAddress(.unix(path: path))
        try await InstanceFixture.with(readiness: probe, kind: { _ in .external(address) }) { fixture in
            let status = try await fixture.wait { $0.ready == 1 }
            #expect(status.instances.map(\.target) == [.server(address)])
            try await server.close()
            try await fixture.wait { $0.ready == 0 }
        }
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    @Test("simulated instances come up after their cold start, crash as told, and stay away")
    func simulated() async throws {
        let profile = DeploymentProfile(
            readyAfter: .milliseconds(300), fault: .crashAfterReady, faultAfter: .milliseconds(500))
        let begin = ContinuousClock.now
        try await InstanceFixture.with(3, kind: { _ in .simulated(profile) }) { fixture in
            try await fixture.wait { $0.ready == 3 }
            #expect(ContinuousClock.now - begin >= .milliseconds(290))
            try await fixture.wait(.seconds(3)) { $0.ready == 0 && $0.failed == 3 }
            try await Task.sleep(for: .seconds(1))
            let status = await fixture.group.status
            #expect(status.ready == 0 && status.failed == 3 && status.failure == nil)
            #expect(status.reason?.hasPrefix("CrashLoopBackOff") == true)
        }
        for (fault, code) in [(DeploymentProfile.Fault.neverReady, "ResourceNotReady"), (.quota, "OutOfQuota")] {
            let profile = DeploymentProfile(fault: fault, faultAfter: .milliseconds(300))
            try await InstanceFixture.with(2, kind: { _ in .simulated(profile) }) { fixture in
                let status = try await fixture.wait(.seconds(5)) { $0.failure != nil && $0.instances.isEmpty }
                #expect(status.failure?.code == code && status.failed == 2)
            }
        }
    }
}
