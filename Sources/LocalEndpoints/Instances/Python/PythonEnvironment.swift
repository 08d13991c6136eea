internal import Crypto
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// An environment with what a scoring script needs, built once and then used by all who need the same.
///
/// It stands in a folder that is named by a hash of its provider, its Python and its contents. It counts as built only
/// when the file ``BuiltEnvironment/mark`` is in it, which is written last: what a killed build left is removed and built
/// anew. Its lock is held exclusively by the process that builds it, and shared by those whose instances use it.
struct PythonEnvironment {
    private let environments: String
    private let document: CondaDocument?
    private let conda: CondaFile
    private let chosen: ChosenProvider
    /// Installed by pip beside what the conda file names, unless it names them.
    private let extras: [String]
    /// Of what is installed by pip alone; those that the provider reads from the conda file are not in it.
    private let requirements: [String]
    private let guardian: Guardian
    private let log: DeploymentLog

    /// Chooses what builds it.
    init(
        _ server: PythonServer, on machine: PythonMachine = .here,
        guardian: Guardian, log: DeploymentLog
    ) throws(InstanceProblem) {
        environments = server.environments
        document = server.conda
        self.guardian = guardian
        self.log = log
        do throws(CondaFile.Problem) {
            let conda = try server.conda.map { document throws(CondaFile.Problem) in try CondaFile(document.value) }
            if let problem = conda?.fileProblems(in: nil).first { throw problem }
            chosen = try PythonProvider.choose(for: conda, server.python, on: machine)
            self.conda = conda ?? CondaFile()
            self.extras = self.conda.missing(server.packages)
            requirements =
                chosen.provider.kind.isConda
                ? self.extras : (try self.conda.requirements() + self.extras).sorted()
        } catch {
            throw InstanceProblem(code: "ImageBuildFailure", message: error.text)
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
        if let note = chosen.note { say(note) }
        var isWaiting = false
        var wasBuilt = false
        while true {
            if try lock.tryAcquire(.shared) {
                if BuiltEnvironment.isComplete(folder) {
                    BuiltEnvironment.touch(folder)
                    if !wasBuilt { say("Pulled: environment \(folder) is there already") }
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
            if !isWaiting { say("the same environment is being built for another deployment; waiting for it") }
            isWaiting = true
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func build(in folder: String) async throws {
        let start = ContinuousClock.now
        let contents = (chosen.provider.kind.isConda ? ["the conda file"] : []) + requirements
        say("building environment \(folder) by \(chosen.provider): \(contents.joined(separator: ", "))")
        try BuiltEnvironment.remove(folder)
        try await install(into: folder)
        try BuiltEnvironment.complete(folder, provider: chosen.provider.kind)
        say("environment \(folder) is built, in \(Interval(milliseconds: Int64((.now - start) / .milliseconds(1))))")
    }

    private func hash() throws -> String {
        var parts = [chosen.provider.kind.rawValue]
        switch chosen.provider {
        case .conda: parts.append(document?.text ?? "")
        case .uv(_, let python): parts.append(python ?? "")
        case .venv(let python): parts += [python.path, python.version]
        }
        parts += requirements
        // Of files that pip reads their contents count, not their names.
        for file in conda.files where FileFacts(following: file.path)?.isRegular == true {
            parts.append(Self.digest(try Data(contentsOf: URL(filePath: file.path))))
        }
        return String(Self.digest(Data(parts.joined(separator: "\n").utf8)).prefix(24))
    }

    private static func digest(_ data: Data) -> String {
        SHA256.hash(data: data).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private func install(into folder: String) async throws {
        switch chosen.provider {
        case .conda(let kind, let program): try await create(folder, by: kind, program)
        case .uv(let program, let python):
            let list = try write(into: folder)
            try await makeVenv(folder, program, python)
            try await step([program, "pip", "install", "--python", folder + "/bin/python", "--requirement", list])
        case .venv(let python):
            let list = try write(into: folder)
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
                message: "the conda file names no Python: add python=3.10 to its dependencies")
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
            throw InstanceProblem(
                code: problem.code,
                message: problem.message
                    + "; a Python of this machine is used instead where the playbook says "
                    + "`backends.local.python: {provider: venv, version: any}`")
        }
    }

    /// The requirements file, in a new `folder`.
    private func write(into folder: String) throws -> String {
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
        let named = Set((pip + self.packages.map(\.name)).map(name))
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
