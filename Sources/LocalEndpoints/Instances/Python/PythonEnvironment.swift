internal import Crypto
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// A virtual environment with what a scoring script needs, made once and then used by all who need the same.
///
/// It stands in a folder that is named by a hash of its requirements. It counts as made only when the file `complete`
/// is in it, which is written last: what a killed build left is removed and made anew. A lock lets one build it while
/// others wait, in this process or another.
struct PythonEnvironment {
    private let environments: String
    private let conda: CondaFile
    private let packages: [String]
    private let guardian: Guardian
    private let log: DeploymentLog

    init(_ server: PythonServer, guardian: Guardian, log: DeploymentLog) throws(InstanceProblem) {
        environments = server.environments
        packages = server.packages
        self.guardian = guardian
        self.log = log
        do {
            conda = try server.conda.map { text throws(CondaFile.Problem) in try CondaFile(text) } ?? CondaFile()
        } catch {
            throw InstanceProblem(code: "ImageBuildFailure", message: "the conda file \(error.message)")
        }
    }

    /// What pip is to install.
    private var requirements: [String] {
        let named = conda.requirements.map { $0.lowercased() }
        return (conda.requirements + packages.filter { package in !named.contains { $0.hasPrefix(package) } }).sorted()
    }

    /// Its interpreter, when it is there.
    func build() async throws -> String {
        let base = try await PythonInterpreter.find(conda.python)
        let folder = "\(environments)/\(hash(of: base))"
        let python = "\(folder)/bin/python"
        try Folder.create(environments)
        let lock = try FileLock(path: folder + ".lock")
        if try !lock.tryAcquire() {
            say("the same environment is being built for another deployment; waiting for it")
            while try !lock.tryAcquire() { try await Task.sleep(for: .milliseconds(100)) }
        }
        defer { lock.release() }
        guard !FileManager.default.fileExists(atPath: folder + "/complete") else {
            say("Pulled: environment \(folder) is there already")
            return python
        }
        let start = ContinuousClock.now
        say("building environment \(folder) with \(base.version): \(requirements.joined(separator: ", "))")
        try await install(into: folder, base: base)
        say("environment \(folder) is built, in \(Interval(milliseconds: Int64((.now - start) / .milliseconds(1))))")
        return python
    }

    private func hash(of base: PythonInterpreter) -> String {
        let digest = SHA256.hash(data: Data(([base.version] + requirements).joined(separator: "\n").utf8))
        return digest.prefix(12).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private func install(into folder: String, base: PythonInterpreter) async throws {
        let files = FileManager.default
        if files.fileExists(atPath: folder) { try files.removeItem(atPath: folder) }
        try Folder.create(folder)
        let list = folder + "/requirements.txt"
        try Data((requirements.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: list))
        if let uv = await BuildStep.program("uv") {
            try await step([uv, "venv", "--allow-existing", "--python", base.path, folder])
            try await step([uv, "pip", "install", "--python", folder + "/bin/python", "--requirement", list])
        } else {
            try await step([base.path, "-m", "venv", folder])
            try await step([
                folder + "/bin/python", "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
                "--progress-bar", "off", "--requirement", list,
            ])
        }
        try Data().write(to: URL(filePath: folder + "/complete"), options: .atomic)
        try Folder.synchronize(folder)
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
