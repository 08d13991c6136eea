internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// Makes the servers of a command or Python deployment, once what they need is there.
struct ServerFactory: Sendable {
    private let specification: InstanceSpecification
    private let guardian: Guardian
    private let leftovers: Leftovers
    private let log: DeploymentLog
    /// Of the virtual environment; nil for a command.
    private let python: String?

    /// Ends what an earlier process left running, and builds the environment where there is none yet.
    init(_ specification: InstanceSpecification, guardian: Guardian, log: DeploymentLog) async throws {
        self.specification = specification
        self.guardian = guardian
        self.log = log
        try Folder.create(specification.folder)
        leftovers = Leftovers(folder: specification.folder) { log.append(LogLine(at: SystemClock().now(), text: $0)) }
        let ended = leftovers.end()
        if ended > 0 {
            log.append(LogLine(at: SystemClock().now(), text: "\(ended) processes that were left are ended"))
        }
        try Self.check(specification.environmentVariables)
        guard case .python(let server) = specification.kind else {
            python = nil
            return
        }
        try server.check()
        python = try await PythonEnvironment(server, guardian: guardian, log: log).build()
    }

    /// A server to be started as the instance `name`, on a port of its own.
    func server(_ name: String) throws(InstanceProblem) -> ProcessServer {
        let port = try FreePort.find()
        var environment = ServerEnvironment.inherited
        environment.merge(specification.environmentVariables) { _, new in new }
        environment.merge(leftovers.variables) { _, new in new }
        environment["TURNOUT_INSTANCE"] = name
        environment["PORT"] = String(port)
        let command: ServerCommand
        switch specification.kind {
        case .command(let server):
            command = ServerCommand(
                arguments: server.arguments, folder: try folder(of: server, for: name), environment: environment,
                port: port,
                routes: server.routes)
        case .python(let server):
            command = server.command(python: python ?? "python3", port: port, environment: environment)
        case .simulated, .external:
            throw InstanceProblem(code: "InternalServerError", message: "it has no server to be started")
        }
        let log = log
        return try ProcessServer(command, guardian: guardian, leftovers: leftovers) { line in
            log.append(LogLine(at: SystemClock().now(), instance: name, text: line))
        }
    }

    /// Where an instance of a command starts.
    private func folder(of server: CommandServer, for instance: String) throws(InstanceProblem) -> String {
        do {
            return try CommandFolder(server: server).make(at: "\(specification.folder)/work/\(instance)")
        } catch {
            throw InstanceProblem(
                code: "InternalServerError", message: "the working folder of the command could not be made: \(error)")
        }
    }

    /// The kernel's own limits of a variable, told before a process fails of them.
    private static func check(_ variables: [String: String]) throws(InstanceProblem) {
        for (name, value) in variables.sorted(by: { $0.key < $1.key })
        where name.isEmpty || name.contains("=") || name.contains("\0") || value.contains("\0") {
            throw InstanceProblem(
                code: "BadArgument", message: "environment_variables: '\(name)' cannot be a variable's name and value")
        }
    }
}

/// What servers see of this process' own environment: all but what is Turnout's or lets somebody into Azure.
enum ServerEnvironment {
    static var inherited: [String: String] {
        ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("TURNOUT_") && !name.hasPrefix("AZURE_") && !name.contains("=")
        }
    }
}
