import Foundation
import NIOCore
import RolloutEngine
import Rollouts
import Testing

@testable import LocalEndpoints

/// The inference server is installed from PyPI once, and kept for later runs of the tests.
@Suite("Scoring scripts", .integration, .serialized, .timeLimit(.minutes(10)))
struct InstancePythonTests {
    @Test("the samples' two versions answer the sample request, alike", arguments: [1, 2])
    func samples(version: Int) async throws {
        let samples = TurnoutHome.repository.path + "/Playbooks/samples"
        let model = "\(samples)/article/model-\(version)"
        let request = try String(contentsOfFile: samples + "/sample-request.json", encoding: .utf8)
        let conda = try String(contentsOfFile: model + "/environment/conda.yaml", encoding: .utf8)
        try await InstanceFixture.with(
            2,
            kind: { _ in
                .python(
                    PythonServer(
                        code: .folder(model + "/onlinescoring", script: "score.py"), model: model + "/model",
                        conda: try InstanceFixture.conda(conda),
                        environments: InstanceFixture.environments))
            }
        ) { fixture in
            try await fixture.wait(.seconds(300)) { $0.ready == 2 }
            for index in 0..<2 {
                let answer = try await fixture.score(index, request)
                #expect(answer.status == 200 && answer.body == "[12127.81, 14839.13]")
            }
            // The model's own error is a 500 of the server, of which the data plane makes 424.
            #expect(try await fixture.score(0, #"{"data": [[1]]}"#).status == 500)
            #expect(try await fixture.score(0, request).status == 200)
            #expect(try fixture.log.tail(1000).contains { $0.text.contains("a row of 10 numbers is expected") })
            #expect(!FileManager.default.fileExists(atPath: model + "/onlinescoring/__pycache__"))
        }
    }

    @Test(
        "a Python of this machine says what does not compile, and runs nothing of it",
        arguments: [
            ("import os\ndef init(:\n", "2 SyntaxError: "), ("x = 1\nreturn x\n", "2 SyntaxError: 'return' outside"),
            ("if 1:\nx = 2\n", "2 IndentationError: "), ("x = 'a' is 'b'\nraise ValueError\n", ""), ("", ""),
        ])
    func syntax(script: String, problem: String) throws {
        let path = FileManager.default.temporaryDirectory.path + "/turnout-\(UUID().uuidString).py"
        try Data(script.utf8).write(to: URL(filePath: path))
        defer {
            do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
        }
        let check = ScriptCheck(of: path, .null, PythonChoice(), on: .here)
        #expect(check?.doubt == nil)
        let words = check.map { "\($0.line) \($0.message)" } ?? ""
        #expect(problem.isEmpty ? words.isEmpty : words.hasPrefix(problem), "\(words)")
    }

    @Test("an init that raises fails the deployment, with what it raised")
    func initRaises() async throws {
        let script = """
            def init():
                raise ValueError("the model is damaged")
            def run(raw_data):
                return raw_data
            """
        try await InstanceFixture.with(kind: { try InstanceFixture.python(script, in: $0) }) { fixture in
            let status = try await fixture.wait(.seconds(300)) { $0.failure != nil }
            #expect(status.failure?.code == "ResourceNotReady", "\(status)")
            #expect(status.failure?.message.hasPrefix("ValueError: the model is damaged") == true, "\(status)")
            #expect(status.failure?.message.contains("3 times") == true)
            #expect(try fixture.log.tail(1000).contains { $0.text.contains("ValueError: the model is damaged") })
            #expect(try fixture.lines("BackOff").count == 3)
        }
    }

    @Test(
        "a worker that is killed while it starts fails the deployment in its server's words, while that lives on too",
        arguments: [
            ("os.kill(os.getpid(), signal.SIGSEGV)", "was sent SIGSEGV"),
            ("os.kill(os.getpid(), signal.SIGKILL)", "was sent SIGKILL"),
            ("os._exit(3)", "exited with code 3"), ("os._exit(7)", "exited with code 7"),
        ])
    func killedAtStart(death: String, words: String) async throws {
        let script = "import os, signal\ndef init():\n    \(death)\ndef run(x):\n    return x\n"
        let readiness = Probe(
            initialDelay: .seconds(1), period: .seconds(1), timeout: .seconds(1), failureThreshold: 8)
        try await InstanceFixture.with(
            readiness: readiness, kind: { try InstanceFixture.python(script, in: $0) }
        ) { fixture in
            let message = try await fixture.wait(.seconds(300)) { $0.failure != nil }.failure?.message ?? ""
            #expect(message.prefixMatch(of: try Regex("Worker \\(pid:[0-9]+\\) \(words)")) != nil, "\(message)")
        }
    }

    @Test("a worker that dies is started again by its server, and one that hangs by its liveness probe")
    func diesAndHangs() async throws {
        let script = """
            import os, time
            def init():
                pass
            def run(raw_data):
                if raw_data == "die": os._exit(9)
                if raw_data == "hang": time.sleep(600)
                return os.getpid()
            """
        let liveness = Probe(
            initialDelay: .milliseconds(500), period: .milliseconds(500), timeout: .seconds(1), failureThreshold: 2)
        try await InstanceFixture.with(
            liveness: liveness, kind: { try InstanceFixture.python(script, in: $0) }
        ) { fixture in
            try await fixture.wait(.seconds(300)) { $0.ready == 1 }
            let first = try await fixture.score().body
            await #expect(throws: (any Error).self) { try await fixture.score(0, "die") }
            var second = ""
            for _ in 0..<50 where second.isEmpty {
                second = (try? await fixture.score().body) ?? ""
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(!second.isEmpty && second != first)
            // A busy machine may need more than one kill: the probe allows a second.
            await #expect(throws: (any Error).self) { try await fixture.score(0, "hang", timeout: .seconds(30)) }
            try await fixture.wait { _ in try fixture.lines("Killing: the server failed").count >= 1 }
            #expect(try fixture.lines("LivenessProbeFailed").count >= 2)
            try await fixture.wait { $0.ready == 1 }
            let third = try await fixture.score().body
            #expect(third != second)
        }
    }

    @Test("two deployments that need the same build it once, over what a killed build left")
    func builtOnce() async throws {
        let environments = FileManager.default.temporaryDirectory.path + "/turnout-environments-\(UUID().uuidString)"
        defer {
            do { try FileManager.default.removeItem(atPath: environments) } catch { Issue.record(error) }
        }
        let kind: (String) throws -> InstanceKind = { folder in
            guard
                case .python(var server) = try InstanceFixture.python(
                    "def init(): pass\ndef run(x): return 1", in: folder)
            else { throw CancellationError() }
            server.environments = environments
            return .python(server)
        }
        // Found out once: the name of the folder.
        try await InstanceFixture.with(kind: kind) { fixture in
            try await fixture.wait { _ in try !fixture.lines("building environment").isEmpty }
        }
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: environments).first { $0.hasSuffix(".lock") }
        ).dropLast(".lock".count)
        // A build that is given up leaves nothing; one that is killed with its process does.
        #expect(!FileManager.default.fileExists(atPath: "\(environments)/\(name)"))
        try FileManager.default.createDirectory(
            atPath: "\(environments)/\(name)/lib", withIntermediateDirectories: true)
        try await InstanceFixture.with(kind: kind) { first in
            try await InstanceFixture.with(kind: kind) { second in
                for fixture in [first, second] { try await fixture.wait(.seconds(200)) { $0.ready == 1 } }
                let built = try [first, second].map { try $0.lines("building environment").count }
                #expect(built.sorted() == [0, 1])
                let waited = try [first, second].map { try $0.lines("Pulled: environment").count }
                #expect(waited.sorted() == [0, 1])
            }
        }
    }

    @Test("a package that can't be had, and a script that isn't there, fail the deployment by name")
    func notToBeHad() async throws {
        let cases = [
            (
                "dependencies: [{pip: [turnout-no-such-package==9.9.9]}]", "score.py", "ImageBuildFailure",
                "turnout-no-such"
            ),
            ("dependencies: [cudatoolkit=11.1]", "score.py", "ImageBuildFailure", "cudatoolkit"),
            ("dependencies: [python=3.99]", "score.py", "ImageBuildFailure", "requires python=3.99"),
            ("", "scores.py", "BadArgument", "scores.py"),
        ]
        for (conda, script, code, words) in cases {
            let environments =
                FileManager.default.temporaryDirectory.path + "/turnout-environments-\(UUID().uuidString)"
            try await InstanceFixture.with(
                kind: { folder in
                    try "".write(toFile: folder + "/score.py", atomically: true, encoding: .utf8)
                    return .python(
                        PythonServer(
                            code: .folder(folder, script: script), conda: try InstanceFixture.conda(conda),
                            environments: environments))
                }
            ) { fixture in
                let status = try await fixture.wait(.seconds(120)) { $0.failure != nil }
                #expect(status.failure?.code == code, "\(status)")
                #expect(status.failure?.message.contains(words) == true, "\(status)")
            }
            if FileManager.default.fileExists(atPath: environments) {
                try FileManager.default.removeItem(atPath: environments)
            }
        }
    }
}
