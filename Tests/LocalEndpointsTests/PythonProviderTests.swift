import PlaybookSyntax
import Rollouts
import SimulatedEndpoints
import Synchronization
import Testing

@testable import LocalEndpoints

@Suite("What builds an environment of Python")
struct PythonProviderTests {
    /// A machine with these programs, and interpreters by name.
    private func machine(_ programs: [String] = [], _ interpreters: [String: String] = [:]) -> PythonMachine {
        PythonMachine(program: { programs.contains($0) ? "/bin/\($0)" : nil }) { name in
            interpreters[name].map { PythonInterpreter(path: "/bin/\(name)", version: $0) }
        }
    }

    private func choose(
        _ dependencies: Value? = ["python=3.12", "numpy"], on machine: PythonMachine,
        _ choice: PythonChoice = PythonChoice()
    ) throws -> ChosenProvider {
        let conda = try dependencies.map { try CondaFile(["dependencies": $0]) }
        return try PythonProvider.choose(for: conda, choice, on: machine)
    }

    private func choice(_ value: Value) throws -> PythonChoice { try PythonChoice(property: value) }

    private func problem(
        _ choice: PythonChoice = PythonChoice(), on machine: PythonMachine
    ) throws -> CondaFile.Problem {
        try #require(throws: CondaFile.Problem.self) { try choose(on: machine, choice) }
    }

    @Test("programs of conda's come first, then uv, then a Python that fits; each only where it is installed")
    func order() throws {
        var programs = ["micromamba", "mamba", "conda", "uv"]
        let pythons = ["python3.12": "3.12.1", "python3": "3.11.7"]
        for kind in [PythonProvider.Kind.micromamba, .mamba, .conda] {
            let chosen = try choose(on: machine(programs, pythons))
            #expect(chosen.provider == .conda(kind, program: "/bin/\(kind.rawValue)"))
            programs.removeFirst()
        }
        #expect(try choose(on: machine(programs, pythons)).provider == .uv(program: "/bin/uv", python: "3.12"))
        let python = PythonInterpreter(path: "/bin/python3.12", version: "3.12.1")
        #expect(try choose(on: machine([], pythons)).provider == .venv(python))
    }

    @Test("without a conda file there is nothing for conda to read")
    func noFile() throws {
        #expect(try choose(nil, on: machine(["conda", "uv"])).provider == .uv(program: "/bin/uv", python: nil))
    }

    @Test("what the playbook names comes before everything else")
    func named() throws {
        let all = machine(["micromamba", "uv"], ["/opt/python": "3.12.4", "python3": "3.12.0"])
        let python = PythonInterpreter(path: "/bin//opt/python", version: "3.12.4")
        #expect(try choose(on: all, choice("/opt/python")).provider == .venv(python))
        let uv = try choose(on: all, choice(["program": "/opt/python", "provider": "uv"]))
        #expect(uv.provider == .uv(program: "/bin/uv", python: python.path))
        let venv = try choose(on: all, choice(["provider": "venv"]))
        #expect(venv.provider == .venv(PythonInterpreter(path: "/bin/python3", version: "3.12.0")))
        #expect(try problem(choice(["provider": "conda"]), on: all).message.contains("no program 'conda' in PATH"))
        #expect(try problem(choice("/opt/gone"), on: all).message.contains("/opt/gone"))
    }

    @Test("a version that this machine lacks is an error that names every way out, and no version twice")
    func version() throws {
        let problem = try problem(on: machine([], ["python3": "3.11.7", "python": "3.11.7"]))
        #expect(problem.message == "requires python=3.12, but this machine has Python 3.11.7")
        #expect(problem.entry == "python=3.12")
        let help = try #require(problem.help)
        for word in ["install python3.12", "pip install uv", "micromamba", "backends.local.python: {version: any}"] {
            #expect(help.contains(word))
        }
        let none = try self.problem(on: machine())
        #expect(none.message.hasSuffix("this machine has no Python"))
        #expect(none.help?.contains("version: any") == false)
    }

    @Test("`version: any` takes another version where the right one is missing, and says so")
    func anyVersion() throws {
        let any = try choice(["version": "any"])
        let other = try choose(on: machine([], ["python3": "3.11.7"]), any)
        #expect(other.provider == .venv(PythonInterpreter(path: "/bin/python3", version: "3.11.7")))
        #expect(
            other.note
                == "the conda file requires python=3.12; Python 3.11.7 is used, as `version: any` allows")
        let right = try choose(on: machine([], ["python3": "3.11.7", "python3.12": "3.12.1"]), any)
        #expect(right.note == nil)
    }

    @Test(
        "a release that conda would leave out is taken with a word, by uv and by venv", arguments: ["==3.11", " 3.11"])
    func rough(version: String) throws {
        let venv = try choose([.string("python\(version)")], on: machine([], ["python3.11": "3.11.7"]))
        #expect(venv.provider == .venv(PythonInterpreter(path: "/bin/python3.11", version: "3.11.7")))
        #expect(
            venv.note == "conda would not accept Python 3.11.7 for python\(version), but it is used anyway")
        let uv = try choose([.string("python\(version)")], on: machine(["uv"]))
        #expect(uv.provider == .uv(program: "/bin/uv", python: "3.11"))
        #expect(uv.note == "to conda, python\(version) is only 3.11.0; uv uses the latest 3.11")
        #expect(try choose(["python=3.11"], on: machine(["uv"])).note == nil)
        #expect(try choose(["python==3.11.4"], on: machine(["uv"])).note == nil)
    }

    @Test("a range is looked for among the names of later versions too")
    func range() throws {
        let machine = machine([], ["python3": "3.9.2", "python3.13": "3.13.1"])
        let chosen = try choose(["python>=3.12"], on: machine)
        #expect(chosen.provider == .venv(PythonInterpreter(path: "/bin/python3.13", version: "3.13.1")))
    }

    @Test("a check reports the version, packages that only conda has, and missing files; none of a machine with conda")
    func check() throws {
        let document: Value = [
            "dependencies": ["python=3.12", "cudatoolkit=11.1", ["pip": ["-r requirements.txt"]]]
        ]
        func entries(_ machine: PythonMachine) -> [String?] {
            CondaFile.Check(document, in: "/nowhere", PythonChoice(), on: machine).problems.map(\.entry)
        }
        #expect(
            entries(machine([], ["python3": "3.11.7"])) == ["-r requirements.txt", "python=3.12", "cudatoolkit=11.1"])
        #expect(entries(machine(["uv"])) == ["-r requirements.txt", "cudatoolkit=11.1"])
        #expect(entries(machine(["mamba"])) == ["-r requirements.txt"])
        let any = CondaFile.Check(
            ["dependencies": ["python=3.12"]], in: nil, try choice(["version": "any"]),
            on: machine([], ["python3": "3.11.7"]))
        #expect(any.problems.isEmpty)
        #expect(any.notes.map(\.entry) == ["python=3.12"])
    }

    /// What a check of `python=3.13` says on a machine with uv, which finds nothing and knows these downloads.
    private func uv(
        downloads: String?, finds: String? = nil, _ variables: [String: String] = [:], choice: PythonChoice = .init()
    ) -> (problems: [String], notes: [String]) {
        let machine = PythonMachine(
            program: { $0 == "uv" ? "/bin/uv" : nil }, interpreter: { _ in nil },
            answer: { words in
                words.suffix(2) == ["find", "3.13"]
                    ? finds : words.suffix(2) == ["--only-downloads", "3.13"] ? downloads : nil
            }, variables: variables)
        let check = CondaFile.Check(["dependencies": ["python=3.13"]], in: nil, choice, on: machine)
        return (check.problems.map(\.message), check.notes.map(\.message))
    }

    @Test("uv is asked whether it has the Python or can download it")
    func uvFetches() throws {
        let list = "cpython-3.13.18-linux-x86_64-gnu    <download available>\n"
        #expect(uv(downloads: list, finds: "/opt/python3.13\n") == ([], []))
        #expect(uv(downloads: nil) == ([], []))
        #expect(
            uv(downloads: list)
                == ([], ["python=3.13 is not on this machine; uv will download it to build the environment"]))
        let unknown = "which uv does not find on this machine and cannot download"
        #expect(uv(downloads: "\n") == (["requires python=3.13, \(unknown)"], []))
        for (name, value) in [("UV_PYTHON_DOWNLOADS", "never"), ("UV_OFFLINE", "1")] {
            let words = "which uv does not find on this machine and must not download (\(name)=\(value))"
            #expect(uv(downloads: list, [name: value]) == (["requires python=3.13, \(words)"], []))
        }
        let any = uv(downloads: "", choice: try choice(["version": "any"]))
        #expect(any.problems.isEmpty && any.notes.first?.hasSuffix("as `version: any` allows") == true)
    }

    @Test(
        "what another Python says of a script's syntax than the one that serves it is in doubt",
        arguments: [
            (["python=3.11"], [], false), (["python=3.12"], ["uv"], true), (["python=3.11"], ["uv"], false),
            (["python>=3.9"], ["uv"], true), (["python=3.11"], ["conda"], false), ([], ["conda"], true),
            ([], [], false),
        ] as [([Value], [String], Bool)])
    func syntax(dependencies: [Value], programs: [String], isInDoubt: Bool) throws {
        let machine = PythonMachine(
            program: { programs.contains($0) ? "/bin/\($0)" : nil },
            interpreter: { $0 == "python3" ? PythonInterpreter(path: "/bin/python3", version: "3.11.7") : nil },
            answer: { $0.first == "/bin/python3" && $0.last == "/code/score.py" ? "3\nSyntaxError: no\n" : nil })
        let check = try #require(
            ScriptCheck(
                of: "/code/score.py", ["dependencies": .list(dependencies)], PythonChoice(), on: machine))
        #expect(check.line == 3 && check.message == "SyntaxError: no")
        #expect((check.doubt != nil) == isInDoubt)
        let unknown = try #require(ScriptCheck(of: "/code/score.py", nil, PythonChoice(), on: machine))
        #expect(unknown.doubt == "reported by Python 3.11.7, but another version may serve the script")
        #expect(ScriptCheck(of: "/code/other.py", .null, PythonChoice(), on: machine) == nil)
    }

    @Test("a machine that remembers asks each interpreter once, also one that is not there")
    func cachingAnswers() {
        let asked = Mutex(0)
        let machine = PythonMachine(program: { _ in nil }) { name in
            asked.withLock { $0 += 1 }
            return name == "python3" ? PythonInterpreter(path: name, version: "3.11.7") : nil
        }.cachingAnswers()
        for _ in 0..<2 {
            #expect(machine.interpreter("python3")?.version == "3.11.7")
            #expect(machine.interpreter("python") == nil)
        }
        #expect(asked.withLock { $0 } == 2)
    }
}

@Suite("Settings of Python")
struct PythonChoiceTests {
    @Test("each form is read, and gives the property from which the same is read again")
    func forms() throws {
        let plain = try #require(try LocalSettings(["python": "bin/python3.12"]).python)
        #expect(plain.program == "bin/python3.12")
        #expect(plain.relative(to: "/books").value == ["program": "/books/bin/python3.12"])
        let all = try #require(
            try LocalSettings(["python": ["program": "python3.12", "version": "any", "provider": "uv"]]).python)
        #expect(all.relative(to: "/books") == all)
        #expect(all.value == ["program": "python3.12", "version": "any", "provider": "uv"])
        #expect(try PythonChoice(property: all.value) == all)
        #expect(try LocalSettings([:]).python == nil)
    }

    @Test(
        "a mistake is reported with its place",
        arguments: [
            (.number(3.12), "python is wrong: python must be a string, not '3.12'"),
            (["version": .number(3.12)], "python.version is wrong: version cannot be '3.12'"),
            (["provider": "uvv"], "python.provider is wrong: provider cannot be 'uvv'; did you mean 'uv'?"),
            (["path": "/x"], "python.path is wrong: unknown key 'path'"),
            (["program": "/x", "provider": "conda"], "python.program names a Python, but conda brings its own"),
        ] as [(Value, String)])
    func problems(value: Value, words: String) throws {
        let problem = try #require(throws: SettingsProblem.self) { try LocalSettings(["python": value]) }
        #expect(problem.description.hasPrefix("backends.local." + words), "\(problem)")
    }
}
