internal import ArgumentParser
internal import FoundationEssentials
internal import LocalEndpoints
internal import Logging
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout serve`: keeps the local endpoints served until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the local endpoints until you end it.",
        discussion: """
            The endpoints of the state folder answer as long as this runs: the control plane over TLS with a bearer \
            token, as `turnout run`, `turnout endpoint` and Azure's SDK speak to it, and the data plane over HTTP for \
            clients. A run that finds no emulator starts one in the background, which leaves once it has not been used \
            for a while (TURNOUT_SERVE_IDLE, 5m without it); this command keeps such a one as it is, so that no client \
            notices.

            SIGINT and SIGTERM answer what is under way, and leave. A second signal leaves at once; nothing is lost, \
            since everything is in the state folder.

            EXAMPLES:
              turnout serve
              turnout serve --data 127.0.0.1:8080
              turnout serve --control 127.0.0.1:8443 --data 127.0.0.1:8080 --json
              turnout serve --bandwidth-limit off --access-log requests.log
              turnout serve --background --idle 1h
              turnout serve --stop
            """)

    @OptionGroup var options: ServeOptions

    @Option(
        help: ArgumentHelp(
            "Leave once no run, command or client has used the endpoints for this long, as 90s or 10m.",
            valueName: "time"))
    var idle = IdleTime.never

    @Flag(help: "Serve in a process of its own, and return when it does.")
    var background = false

    @Flag(help: "End the emulator that serves the state folder, wherever it was started.")
    var stop = false

    @Flag(help: "With --stop: end it although runs or commands use it.")
    var force = false

    /// In a process that ``EmulatorLaunch`` has started.
    @Flag(help: .hidden)
    var detached = false

    @Flag(help: "Print one JSON object a line: what it listens on, and its end.")
    var json = false

    func validate() throws {
        guard !(json && options.accessLog.place == .standardOutput) else {
            throw ValidationError("--json and --access-log - both want standard output: give the log a file")
        }
        guard !(background && options.accessLog.place == .standardOutput) else {
            throw ValidationError("--background has no standard output for --access-log -: give the log a file")
        }
        guard !(stop && background) else { throw ValidationError("--stop and --background exclude each other") }
        guard stop || !force else { throw ValidationError("--force is for --stop") }
    }

    func run() async throws {
        let state = Workspace.current.state
        let folder = LocalFolder(state: state)
        if stop { return try await ServeStop(folder: folder, force: force, json: json).run() }
        let configuration = options.configuration(of: folder, idle: idle)
        if detached { return try await DetachedServe(configuration: configuration).run() }
        var launch = EmulatorLaunch(folder: folder, state: state, words: Composition.serve)
        if background {
            (launch.idle, launch.options) = (idle, options.words)
            return try await ServeInBackground(launch: launch, options: options, json: json).run()
        }
        try await StandingServe(configuration: configuration, launch: launch, options: options, json: json).run()
    }
}

extension IdleTime: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}

/// Where and how an emulator serves.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the control plane listens; port 0 picks a free one.", valueName: "host:port"))
    var control = HostAndPort.anyPort

    @Option(help: ArgumentHelp("Where clients send; port 0 picks a free one.", valueName: "host:port"))
    var data = HostAndPort.anyPort

    @Option(
        help: ArgumentHelp(
            "Bytes a second of each endpoint, requests and answers together, as 5MBps or 800KBps; 'off' for no limit.",
            discussion: "What is over it is delayed, as in the cloud, and the answer's trailers say for how long.",
            valueName: "limit"))
    var bandwidthLimit = BandwidthLimit.azure

    @Option(
        help: ArgumentHelp(
            "A line for each request: in its deployment's log, and in a file or with '-' on standard output; or off.",
            discussion: "A deployment's log (`turnout endpoint logs`) lists 1000 requests a second and counts the "
                + "others; a file and standard output have them all.",
            valueName: "logs|path|-|off"))
    var accessLog = AccessLogPlace(.deployments)

    func configuration(of folder: LocalFolder, idle: IdleTime) -> Emulator.Configuration {
        var configuration = Emulator.Configuration(folder: folder, yaml: pythonYAMLValue(of:))
        (configuration.controlHost, configuration.controlPort) = (control.host, control.port)
        (configuration.dataHost, configuration.dataPort) = (data.host, data.port)
        (configuration.bandwidth, configuration.accessLog) = (bandwidthLimit.bytesPerSecond, accessLog.place)
        (configuration.program, configuration.idle) = (.current, idle.interval)
        return configuration
    }

    /// As a command line of a process that works elsewhere.
    var words: [String] {
        var log = accessLog.place.words
        if case .file(let path) = accessLog.place, !path.hasPrefix("/") {
            log = FileManager.default.currentDirectoryPath + "/" + path
        }
        return [
            "--control", "\(control)", "--data", "\(data)", "--bandwidth-limit", "\(bandwidthLimit)", "--access-log",
            log,
        ]
    }

    /// Options that were given, and that the emulator behind `record` was not started with.
    func differences(from record: ServeRecord) -> [String] {
        var differences: [String] = []
        if !control.fits(record.control, host: record.settings?.controlHost) {
            differences.append("--control \(control)")
        }
        if !data.fits(record.data, host: record.settings?.dataHost) { differences.append("--data \(data)") }
        if bandwidthLimit != .azure, record.settings?.bandwidth != .some(bandwidthLimit.bytesPerSecond) {
            differences.append("--bandwidth-limit \(bandwidthLimit)")
        }
        if accessLog.place != .deployments, record.settings?.accessLog != accessLog.place.words {
            differences.append("--access-log \(accessLog.place.words)")
        }
        return differences
    }
}

/// `127.0.0.1:8080`, `[::1]:8080`.
struct HostAndPort: ExpressibleByArgument, Hashable, CustomStringConvertible {
    var host: String
    var port: Int

    /// What is listened on where no option says otherwise.
    static let anyPort = HostAndPort(host: "127.0.0.1", port: 0)

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(argument[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, host.contains(":") == argument.hasPrefix("[") else { return nil }
        self.init(host: host, port: port)
    }

    /// Whether what listens at `origin`, asked for `host`, is what this asks for; the default asks for nothing.
    func fits(_ origin: String, host listening: String?) -> Bool {
        guard self != .anyPort else { return true }
        guard listening == host else { return false }
        return port == 0 || origin.hasSuffix(":\(port)")
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    var defaultValueDescription: String { description }
}
