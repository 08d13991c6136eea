import Foundation
import RolloutEngine
import Testing

@testable import LocalEndpoints

/// As in the cloud, a server sees its code, its model and its own variables, and nothing of what is around them.
@Suite("What scoring scripts see", .integration, .serialized, .timeLimit(.minutes(10)))
struct InstanceFilesTests {
    @Test("AZUREML_MODEL_DIR shows the model and nothing beside it", arguments: ["weights.txt", "model/"])
    func modelAlone(path: String) async throws {
        let script = """
            import os
            def init(): pass
            def run(raw_data):
                folder = os.environ["AZUREML_MODEL_DIR"]
                return sorted(os.path.relpath(os.path.join(at, name), folder)
                    for at, _, names in os.walk(folder) for name in names)
            """
        try await InstanceFixture.with(kind: { folder in
            let kind = try InstanceFixture.python(script, in: folder)
            try write("secret", to: folder + "/prod.env")
            try write("1", to: folder + "/weights.txt")
            try write("2", to: folder + "/model/layers/first.bin")
            return with(model: "\(folder)/\(path)", kind)
        }) { fixture in
            try await fixture.wait(.seconds(300)) { $0.ready == 1 }
            let expected = path == "weights.txt" ? "weights.txt" : "model/layers/first.bin"
            #expect(try await fixture.score().body == #"["\#(expected)"]"#)
        }
    }

    @Test("a scoring script in a subfolder finds its neighbours, by import and by path")
    func subfolder() async throws {
        let script = """
            import helper, os
            def init(): pass
            def run(raw_data):
                return [helper.word, open("names.txt").read(), os.environ["AML_APP_ROOT"] == os.getcwd()]
            """
        try await InstanceFixture.with(kind: { folder in
            try write(script, to: folder + "/repo/code/main.py")
            try write("word = 'found'", to: folder + "/repo/code/helper.py")
            try write("names", to: folder + "/repo/code/names.txt")
            return .python(
                PythonServer(
                    code: .folder(folder + "/repo", script: "code/main.py"), environments: InstanceFixture.environments)
            )
        }) { fixture in
            try await fixture.wait(.seconds(300)) { $0.ready == 1 }
            #expect(try await fixture.score().body == #"["found", "names", true]"#)
        }
    }

    @Test("a failed start begins with the program's own error, and says how to see the log")
    func ownError() async throws {
        let script = "import helper\ndef init(): pass\ndef run(raw_data): return 1"
        try await InstanceFixture.with(kind: { try InstanceFixture.python(script, in: $0) }) { fixture in
            let status = try await fixture.wait(.seconds(300)) { $0.failure != nil }
            let message = status.failure?.message ?? ""
            #expect(message.hasPrefix("ModuleNotFoundError: No module named 'helper'"), "\(message)")
            #expect(message.contains("`turnout endpoint logs e --deployment blue`"), "\(message)")
        }
    }

    @Test("instances share no file, and what one writes reaches neither its successor nor the stored code")
    func ownFiles() async throws {
        let script = """
            import os
            def init():
                for folder in [".", os.environ["AZUREML_MODEL_DIR"]]:
                    with open(os.path.join(folder, "server.pid"), "x") as file: file.write(str(os.getpid()))
                with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "weights.txt"), "a") as file: file.write("!")
            def run(raw_data):
                return open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "weights.txt")).read()
            """
        try await InstanceFixture.with(
            2,
            kind: { folder in
                let kind = try InstanceFixture.python(script, in: folder)
                try write("1", to: folder + "/weights.txt")
                guard chmod(folder + "/weights.txt", 0o444) == 0 else { throw CancellationError() }
                return with(model: folder + "/weights.txt", kind)
            }
        ) { fixture in
            try await fixture.wait(.seconds(300)) { $0.ready == 2 }
            let first = try await fixture.wait { $0.ready == 2 }
            for process in try InstanceFixture.processes(fixture.folder + "/instances") { kill(process, SIGKILL) }
            try await fixture.wait { $0.ready == 2 && $0.instances != first.instances }
            for index in 0..<2 { #expect(try await fixture.score(index).body == #""1!""#) }
            let files = FileManager.default
            #expect(try files.contentsOfDirectory(atPath: fixture.folder + "/code") == ["score.py"])
            #expect(files.contents(atPath: fixture.folder + "/weights.txt") == Data("1".utf8))
            // Starts that are over leave nothing.
            #expect(try files.contentsOfDirectory(atPath: fixture.folder + "/instances/work").count == 2)
        }
    }

    @Test("settings of Python in this process' environment reach no server")
    func ownVariables() async throws {
        let script = """
            import os
            try:
                import turnout_test_leak as leak
            except ModuleNotFoundError:
                leak = None
            def init(): pass
            def run(raw_data):
                return [leak is None, sorted(name for name in os.environ if name.startswith(("PYTHONP", "PIP_", "MY_")))]
            """
        let names = ["PYTHONPATH", "PYTHONHOME", "PIP_USER", "MY_SECRET"]
        try await InstanceFixture.with(
            environment: ["MY_OWN": "1"],
            kind: { folder in
                try write("", to: folder + "/lib/turnout_test_leak.py")
                for name in names { setenv(name, folder + "/lib", 1) }
                return try InstanceFixture.python(script, in: folder)
            }
        ) { fixture in
            defer { for name in names { unsetenv(name) } }
            try await fixture.wait(.seconds(300)) { $0.ready == 1 }
            #expect(try await fixture.score().body == #"[true, ["MY_OWN"]]"#)
        }
    }
}

private func write(_ text: String, to path: String) throws {
    let url = URL(filePath: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
}

private func with(model: String, _ kind: InstanceKind) -> InstanceKind {
    guard case .python(var server) = kind else { return kind }
    server.model = model
    return .python(server)
}
