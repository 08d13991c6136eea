import Foundation
import PlaybookSyntax
import Rollouts
import Testing

@testable import LocalEndpoints

/// Runs a playbook whose scoring script is served by an environment that a program of the test's own builds.
///
/// The fake programs make virtual environments, which find the inference server in one that is kept for all tests.
@Suite("Where the Python of scoring scripts comes from", .integration, .serialized, .timeLimit(.minutes(10)))
struct PythonProviderRunTests {
    private static let conda = """
        name: model-env
        channels: [conda-forge, https://conda.example.com/internal]
        dependencies:
          - python=3.99 # not on any machine
          - conda-forge::cudatoolkit=11.1
          - pip
          - pip: [azureml-inference-server-http]
        """

    /// Records its arguments and the conda file, and makes a virtual environment of whatever Python there is.
    private static let micromamba = """
        #!/bin/sh
        echo "$@" >> "${0%/*}/arguments"
        while [ $# -gt 0 ]; do
          case $1 in
            --prefix) prefix=$2; shift ;;
            --file) cp "$2" "${0%/*}/conda.yml"; file=$2; shift ;;
          esac
          shift
        done
        python3 -m venv "$prefix"
        "${0%/*}/share" "$prefix"
        """

    private static let uv = """
        #!/bin/sh
        echo "$@" >> "${0%/*}/arguments"
        case $1 in
          venv) for last in "$@"; do :; done; python3 -m venv "$last"; "${0%/*}/share" "$last" ;;
          pip) exec "$4" -m pip install --quiet --requirement "$6" ;;
        esac
        """

    /// Lets the virtual environment `$1` have the packages of the Python `interpreter` as well.
    private static func share(_ interpreter: String) -> String {
        """
        #!/bin/sh
        site='import sysconfig; print(sysconfig.get_path("purelib"))'
        \(interpreter) -c "$site" > "$("$1/bin/python" -c "$site")/shared.pth"
        """
    }

    /// A home with a playbook `python` of one scoring script, and a `PATH` of the system's programs and these.
    private func with(
        _ settings: String, conda: String = Self.conda, programs: [String: String] = [:],
        _ body: (TurnoutHome, _ bin: String) async throws -> Void
    ) async throws {
        try await TurnoutHome.with(backend: "local") { home in
            var home = home
            let files = [
                "python.yml": """
                name: python
                backends: {local: {\(settings)}}
                stages:
                  - name: define
                    define: {endpoint_file: python/endpoint.yml, deployment_file: python/blue.yml, all_traffic: true}
                  - name: ask
                    invoke: {deployment: blue, request_file: python/request.json, expect: {status: 200}}
                """,
                "python/endpoint.yml": "name: python\nauth_mode: key\n",
                "python/blue.yml": """
                name: blue
                endpoint_name: python
                instance_type: Standard_DS3_v2
                code_configuration: {code: code, scoring_script: score.py}
                environment: {image: "mcr.microsoft.com/azureml/minimal:latest", conda_file: conda.yml}
                readiness_probe: {initial_delay: 1, period: 1}
                """,
                "python/conda.yml": conda, "python/request.json": "{}",
                "python/code/score.py": "import sys\ndef init(): pass\ndef run(x): return sys.prefix\n",
            ]
            let bin = home.path + "/bin"
            for folder in [home.path + "/Playbooks/python/code", bin] {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            for (name, text) in files { try home.write(text, to: "Playbooks/" + name) }
            var programs = programs
            if !programs.isEmpty {
                let server = PythonServer(
                    code: .folder(home.path, script: "score.py"), environments: InstanceFixture.environments)
                programs["share"] = Self.share(try await InstanceFixture.interpreter(of: server))
            }
            for (name, text) in programs {
                try home.write(text, to: "bin/" + name)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bin + "/" + name)
            }
            home.variables["PATH"] = bin + ":/usr/bin:/bin"
            try await body(home, bin)
        }
    }

    private func log(_ home: TurnoutHome) throws -> String {
        try home.read("state/local/logs/python/blue/log")
    }

    @Test("micromamba gets the conda file with its channels, and its Python serves; doctor --clean removes it later")
    func conda() async throws {
        try await with("", programs: ["micromamba": Self.micromamba]) { home, bin in
            let ended = try home.run("run", "python")
            let log = try log(home)
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)\(log)")
            let arguments = try String(contentsOfFile: bin + "/arguments", encoding: .utf8)
            #expect(arguments.hasPrefix("create --prefix \(home.path)/state/local/environments/"))
            let given = try pythonYAMLValue(of: String(contentsOfFile: bin + "/conda.yml", encoding: .utf8))
            #expect(try given == pythonYAMLValue(of: Self.conda))
            #expect(log.contains("using micromamba: the conda file"))
            // What is built serves on where nothing could build it: the emulator is started again by another shell.
            #expect(try home.run("serve", "--stop").status == 0)
            try FileManager.default.removeItem(atPath: bin + "/micromamba")
            #expect(try home.run("serve", "--background").status == 0)
            let answer = try home.run("endpoint", "invoke", "--request", home.path + "/Playbooks/python/request.json")
            #expect(answer.output.contains("200 from blue"), "\(answer.output)\(answer.errors)")
            // A deployment uses it, and its instance runs from it.
            let kept = try home.run("doctor", "--clean", "--json").output
            #expect(kept.contains("by micromamba") && kept.contains("used by 1 deployment, instances are running"))
            #expect(!kept.contains("removed"))
            #expect(try home.run("endpoint", "delete", "--yes").status == 0)
            try wait { try home.run("doctor", "--clean", "--json").output.contains("removed") }
            #expect(try !home.run("doctor", "--json").output.contains("by micromamba"))
        }
    }

    @Test("uv is asked for the conda file's Python, and what it installs serves")
    func uv() async throws {
        let conda = "dependencies: [python=3.99, pip, {pip: [azureml-inference-server-http]}]\n"
        try await with("", conda: conda, programs: ["uv": Self.uv]) { home, bin in
            let ended = try home.run("run", "python")
            let log = try log(home)
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)\(log)")
            let arguments = try String(contentsOfFile: bin + "/arguments", encoding: .utf8)
            #expect(
                arguments.hasPrefix("--offline --no-progress python find 3.99\nvenv --allow-existing --python 3.99 "))
            #expect(arguments.contains("\npip install --python "))
            #expect(log.contains("using uv with Python 3.99: azureml-inference-server-http"))
        }
    }

    @Test("without them check and run name the version, the package that only conda has, and every way out")
    func missing() async throws {
        try await with("") { home, _ in
            for command in ["check", "run"] {
                let ended = try home.run(command, "python")
                let text = ended.output + ended.errors
                #expect(ended.status != 0)
                #expect(
                    text.contains(
                        "conda.yml:4:5: error: the conda file requires python=3.99, but this machine has Python")
                )
                #expect(
                    text.contains(
                        "conda.yml:5:5: error: the conda file requires the conda package 'conda-forge::cudatoolkit=11.1'"
                    ))
                #expect(text.contains("install python3.99; or uv"))
                #expect(text.contains("{version: any}"))
            }
            #expect(home.emulator == nil)
        }
    }

    @Test("`version: any` serves with the Python that there is, and says so")
    func anyVersion() async throws {
        let conda = "dependencies:\n  - python=3.99\n  - pip: [azureml-inference-server-http]\n"
        try await with("python: {version: any}", conda: conda) { home, _ in
            let ended = try home.run("run", "python")
            let log = try log(home)
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)\(log)")
            #expect(ended.errors.contains("conda.yml:2:5: warning: the conda file requires python=3.99; Python 3."))
            #expect(log.contains("is used, as `version: any` allows"))
        }
    }
}
