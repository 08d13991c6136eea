internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// Creates the servers of a command or Python deployment.
struct ServerFactory: Sendable {
    private let specification: InstanceSpecification
    private let guardian: Guardian
    private let leftovers: Leftovers
    private let log: DeploymentLog
    /// The Python environment; nil for a command.
    private let python: PythonEnvironment.Use?

    /// Ends processes that an earlier emulator left running, and builds the environment if it does not exist yet.
    init(_ specification: InstanceSpecification, guardian: Guardian, log: DeploymentLog) async throws {
        self.specification = specification
        self.guardian = guardian
        self.log = log
        try Folder.create(specification.folder)
        leftovers = Leftovers(folder: specification.folder) { log.append(LogLine(at: SystemClock().now(), text: $0)) }
        let ended = leftovers.end()
        if ended > 0 {
            log.append(LogLine(at: SystemClock().now(), text: "ended \(ended) processes that an earlier emulator left"))
        }
        try InstanceFolder.removeLeft(in: specification.folder)
        try Self.check(specification.environmentVariables)
        guard case .python(let server) = specification.kind else {
            python = nil
            return
        }
        try server.check()
        let python = try await PythonEnvironment(server, guardian: guardian, log: log).build()
        try BuiltEnvironment.note(python.folder, in: specification.folder)
        self.python = python
    }

    /// Creates a server for the instance `name`, on a free port.
    func server(_ name: String) throws(InstanceProblem) -> ProcessServer {
        let port = try FreePort.find()
        let start = String(UInt64.random(in: .min ... .max), radix: 36)
        let folder = InstanceFolder(of: name, start: start, in: specification.folder)
        var environment = ServerEnvironment.inherited
        environment.merge(specification.environmentVariables) { _, new in new }
        environment.merge(leftovers.variables) { _, new in new }
        environment["TURNOUT_INSTANCE"] = name
        environment[ProcessServer.startVariable] = start
        environment["PORT"] = String(port)
        let command: ServerCommand
        let fill: @Sendable () throws -> Void
        switch specification.kind {
        case .command(let server):
            let files = CommandFolder(server: server)
            command = ServerCommand(
                arguments: server.arguments, folder: files.start(at: folder.path), environment: environment,
                port: port, routes: server.routes)
            fill = { try files.make(at: folder.path) }
        case .python(let server):
            command = server.command(
                python: python?.interpreter ?? "python3", in: folder, port: port, environment: environment)
            fill = { try server.fill(folder) }
        case .simulated, .external:
            throw InstanceProblem(
                code: "InternalServerError", message: "a deployment of this kind has no server to start")
        }
        let log = log
        return ProcessServer(
            command, files: ProcessServer.Files(folder: folder, fill: fill), guardian: guardian, leftovers: leftovers
        ) { line in
            log.append(LogLine(at: SystemClock().now(), instance: name, text: line))
        }
    }

    /// Throws if a name or value is invalid for the kernel, which would otherwise make the process fail.
    private static func check(_ variables: [String: String]) throws(InstanceProblem) {
        for (name, value) in variables.sorted(by: { $0.key < $1.key })
        where name.isEmpty || name.contains("=") || name.contains("\0") || value.contains("\0") {
            throw InstanceProblem(
                code: "BadArgument",
                message:
                    "environment_variables: '\(name)' is invalid: a name must not be empty or contain '=' or NUL, and "
                    + "a value must not contain NUL")
        }
    }
}

/// The variables of this process's environment that servers inherit.
///
/// Servers in the cloud inherit none. Only variables that a program needs to find other programs, its user and the
/// network are passed on, not Python settings, credentials or other variables that a shell exports.
enum ServerEnvironment {
    static var inherited: [String: String] { inherited(from: ProcessInfo.processInfo.environment) }

    static func inherited(from environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in names.contains(name) || name.hasPrefix("LC_") }
    }

    /// The variables for programs that build environments, which include the locations of packages.
    static var builders: [String: String] { builders(from: ProcessInfo.processInfo.environment) }

    static func builders(from environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            packageNames.contains(name) || ["UV_", "CONDA_", "MAMBA_"].contains { name.hasPrefix($0) }
        }.merging(inherited(from: environment)) { $1 }
    }

    private static let packageNames: Set = [
        "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_NO_INDEX",
        "PIP_DEFAULT_TIMEOUT",
    ]

    private static let names: Set<String> = {
        let proxies = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"]
        let certificates = [
            "SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
        ]
        return Set(
            ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR"] + proxies + proxies.map { $0.uppercased() } + certificates)
    }()
}
