internal import AssetFiles
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// Builds an environment for a scoring script; deployments with equal requirements share it.
///
/// The folder is named by a hash of the requirements, whatever provider builds it: a built environment keeps working
/// if a different provider, or none, is found later. The file ``BuiltEnvironment/mark`` is written last and marks the
/// environment as complete; the remains of a killed build are removed and rebuilt. The process that builds the
/// environment holds its lock exclusively, and processes with instances that use it share the lock.
struct PythonEnvironment {
    private let environments: String
    private let document: CondaDocument?
    private let conda: CondaFile
    private let choice: PythonChoice
    private let machine: PythonMachine
    /// Required packages that the conda file does not name; pip installs them in addition.
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

    /// Chooses the provider, and the requirements that pip installs.
    ///
    /// These do not include packages that the provider reads from the conda file itself.
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

    /// A use of a built environment, which protects it from removal.
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
            // A partial environment is useless, and may have filled the disk.
            do { try BuiltEnvironment.remove(folder) } catch { say("\(folder) could not be removed: \(error)") }
            throw error
        }
        say("built environment \(folder) in \(Interval(milliseconds: Int64((.now - start) / .milliseconds(1))))")
    }

    private func hash() throws -> String {
        var parts = [choice.program ?? "", choice.provider?.rawValue ?? "", "\(choice.acceptsAnyVersion)"]
        parts += conda.channels + [conda.python?.text ?? ""]
        parts += conda.packages.map(\.text).sorted() + conda.pip.sorted() + extras
        // For files that pip reads, the contents are hashed instead of the names.
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
        // Written next to the folder, because conda refuses a folder that is not empty.
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

    /// Writes the requirements file into a new `folder`, and returns its path.
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

    /// Logs as the container that prepares the environment in the cloud.
    private static func say(_ text: String, in log: DeploymentLog) {
        log.append(LogLine(at: SystemClock().now(), instance: LogLine.storageInitializer, text: text))
    }
}

extension CondaFile {
    /// For each list of alternatives of which the file names none, the first alternative.
    fileprivate func missing(_ packages: [[String]]) -> [String] {
        func name(_ requirement: String) -> String {
            requirement.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }.lowercased()
                .split { "-_.".contains($0) }.joined(separator: "-")
        }
        // A requirement with a condition might not be installed.
        let named = Set((pip.filter { !$0.contains(";") } + self.packages.map(\.name)).map(name))
        return packages.filter { named.isDisjoint(with: $0) }.compactMap(\.first)
    }
}

extension CondaFile.Problem {
    /// The problem and its help as one sentence.
    var text: String { "the conda file \(message)" + (help.map { "; \($0)" } ?? "") }
}

extension PythonProvider: CustomStringConvertible {
    /// The provider and its Python.
    package var description: String {
        switch self {
        case .conda(let kind, _): kind.rawValue
        case .uv(_, let python): python.map { "uv with Python \($0)" } ?? "uv"
        case .venv(let python): "venv and pip with Python \(python.version)"
        }
    }
}
