import Testing

@testable import LocalEndpoints

@Suite("What server processes get and say")
struct ServerProcessTests {
    @Test(
        "of this process' variables, servers see those of an allow-list and no others",
        arguments: [
            ("PATH", true), ("HOME", true), ("USER", true), ("LANG", true), ("LC_ALL", true), ("TZ", true),
            ("TMPDIR", true), ("https_proxy", true), ("NO_PROXY", true), ("SSL_CERT_FILE", true),
            ("REQUESTS_CA_BUNDLE", true), ("PYTHONPATH", false), ("PYTHONHOME", false), ("PIP_USER", false),
            ("VIRTUAL_ENV", false), ("TURNOUT_HOME", false), ("AZURE_CLIENT_SECRET", false),
            ("AWS_SECRET_ACCESS_KEY", false), ("GOOGLE_APPLICATION_CREDENTIALS", false), ("AZUREML_RUN_TOKEN", false),
        ])
    func inherited(name: String, isPassed: Bool) {
        #expect(ServerEnvironment.inherited(from: [name: "value"]) == (isPassed ? [name: "value"] : [:]))
    }

    @Test(
        "programs that build environments also see where packages are, and no credentials of others",
        arguments: [
            ("PATH", true), ("PIP_INDEX_URL", true), ("PIP_EXTRA_INDEX_URL", true), ("PIP_FIND_LINKS", true),
            ("PIP_CERT", true), ("PIP_NO_INDEX", true), ("UV_INDEX_URL", true), ("CONDA_PKGS_DIRS", true),
            ("MAMBA_ROOT_PREFIX", true), ("PIP_USER", false), ("PYTHONPATH", false), ("AWS_SECRET_ACCESS_KEY", false),
        ])
    func builders(name: String, isPassed: Bool) {
        #expect(ServerEnvironment.builders(from: [name: "value"]) == (isPassed ? [name: "value"] : [:]))
        #expect(ServerEnvironment.inherited(from: [name: "value"]).isEmpty == (name != "PATH"))
    }

    @Test("the summary of a traceback is its exception, whatever the server says afterwards")
    func traceback() {
        let lines = [
            "2026-01-01 E [7] azmlinfsrv - Traceback (most recent call last):", #"  File "score.py", line 1"#,
            "    import helper", "ModuleNotFoundError: No module named 'helper'", "",
            "[7] [INFO] Worker exiting (pid: 7)", "[1] [ERROR] Reason: Worker failed to boot.",
        ]
        #expect(ProgramError.summary(of: lines) == "ModuleNotFoundError: No module named 'helper'")
    }

    @Test("the summary of a chain of causes is the first cause")
    func causes() {
        let lines = [
            "Traceback (most recent call last):", "  a", "ValueError: the model is damaged", "",
            "The above exception was the direct cause of the following exception:", "",
            "Traceback (most recent call last):", "  b", "server.UserScriptException: Caught an unhandled exception",
            "Traceback (most recent call last):", "  c", "gunicorn.errors.HaltServer: <HaltServer 3>",
        ]
        #expect(ProgramError.summary(of: lines) == "ValueError: the model is damaged")
    }

    @Test("a script's own SystemExit is the summary, and gunicorn's behind it is not")
    func exits() {
        let lines = [
            "E azmlinfsrv - Encountered Exception Traceback (most recent call last):", "  a", "SystemExit: typo",
            "Traceback (most recent call last):", "  b", "SystemExit: 3", "Worker failed to boot.",
        ]
        #expect(ProgramError.summary(of: lines) == "SystemExit: typo")
    }

    @Test("what the inference server says of every model is not the summary")
    func harmless() {
        let lines = [
            "E azmlinfsrv - Error while fetching model IDs", "Traceback (most recent call last):", "  a",
            "ValueError: invalid literal for int() with base 10: 'm.txt'",
            "E azmlinfsrv - Encountered Exception Traceback (most recent call last):", "  a",
            "SystemExit: no model here", "Traceback (most recent call last):", "  b", "SystemExit: 3",
        ]
        #expect(ProgramError.summary(of: lines) == "SystemExit: no model here")
    }

    @Test("the summary of an exception group is the group")
    func group() {
        let lines = [
            "  + Exception Group Traceback (most recent call last):", "  |   File \"score.py\", line 2, in init",
            "  | ExceptionGroup: two things (2 sub-exceptions)", "  +-+---------------- 1 ----------------",
            "    | ValueError: one", "    +---------------- 2 ----------------", "    | TypeError: two",
        ]
        #expect(ProgramError.summary(of: lines) == "ExceptionGroup: two things (2 sub-exceptions)")
    }

    @Test(
        "a worker that is killed is told in its server's words, and before an exception that was caught",
        arguments: [
            (
                [
                    "Traceback (most recent call last):", "  a", "ValueError: caught",
                    "[7] [WARNING] Worker (pid:9) was sent SIGSEGV!",
                ],
                "Worker (pid:9) was sent SIGSEGV!"
            ),
            (
                [
                    "[1] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?",
                    "[10] [INFO] Booting worker with pid: 10",
                ],
                "Worker (pid:9) was sent SIGKILL! Perhaps out of memory?"
            ),
            (
                [
                    "[1] [ERROR] Worker (pid:9) exited with code 3.", "[1] [INFO] Worker (pid:8) was sent SIGTERM!",
                    "[1] [ERROR] Shutting down: Master", "[1] [ERROR] Reason: Worker failed to boot.",
                ],
                "Worker (pid:9) exited with code 3."
            ),
            (
                [
                    "Traceback (most recent call last):", "  a", "ValueError: no",
                    "[1] [ERROR] Worker (pid:9) exited with code 3.",
                ],
                "ValueError: no"
            ),
            (
                [
                    "[1] [CRITICAL] WORKER TIMEOUT (pid:9)", "Traceback (most recent call last):", "  a",
                    "SystemExit: 1",
                    "[1] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?",
                ], "WORKER TIMEOUT (pid:9)"
            ),
            (["INFO:     Child process [9] died", "INFO:     Started server process [10]"], "Child process [9] died"),
        ])
    func workers(lines: [String], error: String) {
        #expect(ProgramError.error(in: lines) == error)
        #expect(ProgramError.summary(of: lines) == error)
    }

    @Test("a server that has told no error has none, whatever it says")
    func noError() {
        #expect(ProgramError.error(in: ["loading", "[1] [INFO] Worker (pid:8) was sent SIGTERM!"]) == nil)
    }

    @Test(
        "without a traceback the summary is the last line that says something",
        arguments: [
            (
                ["starting", "./serve.sh: line 3: serve: command not found", "  "],
                "./serve.sh: line 3: serve: command not found"
            ),
            ([], ""),
        ])
    func lastLine(lines: [String], summary: String) {
        #expect(ProgramError.summary(of: lines) == summary)
    }

    @Test("a script in a subfolder is served from its own folder, with a model folder of the instance")
    func command() {
        let folder = InstanceFolder(of: "instance-0", start: "a", in: "/i")
        let server = PythonServer(
            code: .folder("/store/c", script: "src/score.py"), model: "/store/m/weights.txt", environments: "/e")
        let command = server.command(
            python: "/e/1/bin/python", in: folder, port: 5001, environment: ["PATH": "/usr/bin"])
        #expect(command.folder == "\(folder.path)/code/src")
        #expect(command.environment["AML_APP_ROOT"] == "\(folder.path)/code/src")
        #expect(command.environment["AZUREML_ENTRY_SCRIPT"] == "score.py")
        #expect(command.environment["AZUREML_MODEL_DIR"] == "\(folder.path)/model")
        #expect(command.environment["PATH"] == "/e/1/bin:/usr/bin")
    }
}
