internal import AssetFiles
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// An environment with what a scoring script needs, built once and then used by all who need the same.
///
/// It stands in a folder that is named by a hash of what is asked for, whatever builds it: what is built serves on when
/// another program, or none, could build it now. It counts as built only when the file ``BuiltEnvironment/mark`` is in it,
/// which is written last: what a killed build left is removed and built anew. Its lock is held exclusively by the process
/// that builds it, and shared by those whose instances use it.
struct PythonEnvironment {
    private let environments: String
    private let document: CondaDocument?
    private let conda: CondaFile
    private let choice: PythonChoice
    private let machine: PythonMachine
    /// Installed by pip beside what the conda file names, unless it names them.
    private let extras: [String]
    private let guardian: Guardian
    private let log: DeploymentLog

    init(
        _ server: PythonServer, on machine: PythonMachine = .here, guardian: Guardian, log: DeploymentLog
    ) throws(InstanceProblem) {
        environments = server.environments
        document = server.conda
        choice = server.python
        self.machine = machine
        self.guardian = guardian
        self.log = log
        do throws(CondaFile.Problem) {
            conda =
                try server.conda.map { document throws(CondaFile.Problem) in try CondaFile(document.value) }
                ?? CondaFile()
            if let problem = conda.fileProblems(in: nil).first { throw problem }
            extras = conda.missing(server.packages)
        } catch {
            throw InstanceProblem(code: "ImageBuildFailure", message: error.text)
        }
    }

    /// What builds it, and what pip alone installs; what the provider reads from the conda file is not in that.
    private func choose() throws(InstanceProblem) -> (provider: ChosenProvider, requirements: [String]) {
        do throws(CondaFile.Problem) {
            let chosen = try PythonProvider.choose(for: document == nil ? nil : conda, choice, on: machine)
            guard !chosen.provider.kind.isConda else { return (chosen, extras) }
            return (chosen, (try conda.requirements() + extras).sorted())
        } catch {
            throw InstanceProblem(
                code: "ImageBuildFailure",
                message: error.text + "; programs are looked up in the emulator's PATH: after installing one, run "
                    + "`turnout serve --stop` and try again")
        }
    }

    /// A built environment that is not removed as long as this lives.
    struct Use: Sendable {
        let folder: String
        fileprivate let lock: FileLock

        var interpreter: String { folder + "/bin/python" }
    }

    func build() async throws -> Use {
        let folder = "\(environments)/\(try hash())"
        try Folder.create(environments)
        let lock = try FileLock(path: folder + BuiltEnvironment.lockSuffix)
        var isWaiting = false
        var wasBuilt = false
        while true {
            if try lock.tryAcquire(.shared) {
                if BuiltEnvironment.isComplete(folder) {
                    BuiltEnvironment.touch(folder)
                    if !wasBuilt { say("Pulled: environment \(folder) is already built") }
                    return Use(folder: folder, lock: lock)
                }
                lock.release()
            }
            if try lock.tryAcquire(.exclusive) {
                defer { lock.release() }
                if !BuiltEnvironment.isComplete(folder) {
                    try await build(in: folder)
                    wasBuilt = true
                }
                continue
            }
            if !isWaiting { say("waiting: the same environment is being built for another deployment") }
            isWaiting = true
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func build(in folder: String) async throws {
        let start = ContinuousClock.now
        let (chosen, requirements) = try choose()
        if let note = chosen.note { say(note) }
        let contents = (chosen.provider.kind.isConda ? ["the conda file"] : []) + requirements
        say("building environment \(folder) using \(chosen.provider): \(contents.joined(separator: ", "))")
        try BuiltEnvironment.remove(folder)
        do {
            try await install(requirements, by: chosen.provider, into: folder)
            try BuiltEnvironment.complete(folder, provider: chosen.provider.kind)
        } catch {
            // Half of it is of no use, and may be what has filled the disk.
            do { try BuiltEnvironment.remove(folder) } catch { say("\(folder) could not be removed: \(error)") }
            throw error
        }
        say("built environment \(folder) in \(Interval(milliseconds: Int64((.now - start) / .milliseconds(1))))")
    }

    private func hash() throws -> String {
        var parts = [choice.program ?? "", choice.provider?.rawValue ?? "", "\(choice.acceptsAnyVersion)"]
        parts += conda.channels + [conda.python?.text ?? ""]
        parts += conda.packages.map(\.text).sorted() + conda.pip.sorted() + extras
        // Of files that pip reads their contents count, not their names.
        for file in conda.files where FileFacts(following: file.path)?.isRegular == true {
            parts.append(hexadecimalDigest(of: try Data(contentsOf: URL(filePath: file.path))))
        }
        return String(hexadecimalDigest(of: Data(parts.joined(separator: "\n").utf8)).prefix(24))
    }

    private func install(
        _ requirements: [String], by provider: PythonProvider, into folder: String
    ) async throws {
        switch provider {
        case .conda(let kind, let program): try await create(folder, by: kind, program)
        case .uv(let program, let python):
            let list = try write(requirements, into: folder)
            try await makeVenv(folder, program, python)
            try await step([program, "pip", "install", "--python", folder + "/bin/python", "--requirement", list])
        case .venv(let python):
            let list = try write(requirements, into: folder)
            try await step([python.path, "-m", "venv", folder])
            try await pip(folder, ["--requirement", list])
        }
    }

    private func create(_ folder: String, by kind: PythonProvider.Kind, _ program: String) async throws {
        // Beside the folder: conda refuses one that is not empty.
        let file = folder + BuiltEnvironment.condaSuffix
        try Data((document?.text ?? "dependencies: [python, pip]\n").utf8).write(to: URL(filePath: file))
        let create = kind == .conda ? ["env", "create"] : ["create"]
        try await step([program] + create + ["--prefix", folder, "--file", file, "--yes"])
        let python = folder + "/bin/python"
        guard FileManager.default.fileExists(atPath: python) else {
            throw InstanceProblem(
                code: "ImageBuildFailure",
                message: "the conda file does not name a Python: add python=3.10 to its dependencies")
        }
        guard !extras.isEmpty else { return }
        if !conda.namesPip { try await step([python, "-m", "ensurepip"]) }
        try await pip(folder, extras)
    }

    private func makeVenv(_ folder: String, _ program: String, _ python: String?) async throws {
        let version = python.map { ["--python", $0] } ?? []
        do {
            try await step([program, "venv", "--allow-existing"] + version + [folder])
        } catch let problem as InstanceProblem {
            guard !choice.acceptsAnyVersion || python == nil else {
                say(
                    "uv cannot provide the Python that the conda file requires; using another, as `version: any` allows"
                )
                return try await step([program, "venv", "--allow-existing", folder])
            }
            throw InstanceProblem(
                code: problem.code,
                message: problem.message
                    + "; to use a Python of this machine instead, set "
                    + "`backends.local.python: {provider: venv, version: any}` in the playbook")
        }
    }

    /// The requirements file, in a new `folder`.
    private func write(_ requirements: [String], into folder: String) throws -> String {
        try Folder.create(folder)
        let list = folder + "/requirements.txt"
        try Data((requirements.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: list))
        return list
    }

    private func pip(_ folder: String, _ arguments: [String]) async throws {
        try await step(
            [
                folder + "/bin/python", "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
                "--progress-bar", "off",
            ] + arguments)
    }

    private func step(_ arguments: [String]) async throws {
        try await BuildStep(arguments: arguments, guardian: guardian).run { [log] in Self.say($0, in: log) }
    }

    private func say(_ text: String) { Self.say(text, in: log) }

    /// As the container that gets things ready before the server's starts.
    private static func say(_ text: String, in log: DeploymentLog) {
        log.append(LogLine(at: SystemClock().now(), instance: "storage-initializer", text: text))
    }
}

extension CondaFile {
    /// The first name of each of `packages` of which the file has none.
    fileprivate func missing(_ packages: [[String]]) -> [String] {
        func name(_ requirement: String) -> String {
            requirement.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }.lowercased()
                .split { "-_.".contains($0) }.joined(separator: "-")
        }
        // What is asked for under a condition may not be installed.
        let named = Set((pip.filter { !$0.contains(";") } + self.packages.map(\.name)).map(name))
        return packages.filter { named.isDisjoint(with: $0) }.compactMap(\.first)
    }
}

extension CondaFile.Problem {
    /// All of it, as one sentence.
    var text: String { "the conda file \(message)" + (help.map { "; \($0)" } ?? "") }
}

extension PythonProvider: CustomStringConvertible {
    /// What builds, and with which Python.
    package var description: String {
        switch self {
        case .conda(let kind, _): kind.rawValue
        case .uv(_, let python): python.map { "uv with Python \($0)" } ?? "uv"
        case .venv(let python): "venv and pip with Python \(python.version)"
        }
    }
}
