internal import ArgumentParser
internal import FoundationEssentials
internal import LocalEndpoints
internal import Logging
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// `turnout serve`: serves the local endpoints until it is stopped.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the local endpoints until interrupted.",
        discussion: """
            Serves the endpoints of the state folder: the control plane over TLS with a bearer token, for \
            `turnout run`, `turnout endpoint` and Azure's SDK, and the data plane over HTTP, for clients. A run that \
            finds no emulator starts one in the background, which exits when it has not been used for a while \
            (TURNOUT_SERVE_IDLE, default 5m). This command keeps such an emulator running, so that its clients are not \
            interrupted.

            While it runs, it carries out the on_timeout of approvals that time out when no other process is working \
            on their run, whatever the backend.

            On SIGINT or SIGTERM, requests in flight are answered before the process exits. A second signal ends it at \
            once; nothing is lost, because everything is in the state folder.

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
            "Exit when no run, command or client has used the endpoints for this long, for example 90s or 10m.",
            valueName: "time"))
    var idle = IdleTime.never

    @Flag(help: "Serve in a background process, and return when it is ready.")
    var background = false

    @Flag(help: "Stop the emulator that serves the state folder, wherever it was started.")
    var stop = false

    @Flag(help: "With --stop: stop it even if runs or commands use it.")
    var force = false

    /// Set in the process that ``EmulatorLaunch`` starts.
    @Flag(help: .hidden)
    var detached = false

    @Flag(help: "Print one JSON object per line: the addresses, and the end.")
    var json = false

    func validate() throws {
        guard !(json && options.accessLog.place == .standardOutput) else {
            throw ValidationError("--json and --access-log - both use standard output: write the log to a file")
        }
        guard !(background && options.accessLog.place == .standardOutput) else {
            throw ValidationError("--background cannot be combined with --access-log -: write the log to a file")
        }
        guard !(stop && background) else { throw ValidationError("--stop and --background cannot be combined") }
        guard stop || !force else { throw ValidationError("--force requires --stop") }
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
        try await ForegroundServe(configuration: configuration, launch: launch, options: options, json: json).run()
    }
}

extension IdleTime: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}

/// The options for serving.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The control plane's address; port 0 selects a free port.", valueName: "host:port"))
    var control = HostAndPort.anyPort

    @Option(help: ArgumentHelp("The data plane's address; port 0 selects a free port.", valueName: "host:port"))
    var data = HostAndPort.anyPort

    @Option(
        help: ArgumentHelp(
            "Bandwidth limit of each endpoint, requests and responses combined: 5MBps, 800KBps or off.",
            discussion: "Traffic above the limit is delayed, as in Azure; the response's trailers contain the delay.",
            valueName: "limit"))
    var bandwidthLimit = BandwidthLimit.azure

    @Option(
        help: ArgumentHelp(
            "Where to log requests: the deployment's log, also a file or standard output (-); or off.",
            discussion: "A deployment's log (`turnout endpoint logs`) lists up to 1000 requests per second and "
                + "counts the others; a file and standard output contain all of them.",
            valueName: "logs|path|-|off"))
    var accessLog = AccessLogOption(.deployments)

    func configuration(of folder: LocalFolder, idle: IdleTime) -> Emulator.Configuration {
        var configuration = Emulator.Configuration(folder: folder, yaml: pythonYAMLValue(of:))
        (configuration.controlHost, configuration.controlPort) = (control.host, control.port)
        (configuration.dataHost, configuration.dataPort) = (data.host, data.port)
        (configuration.bandwidth, configuration.accessLog) = (bandwidthLimit.bytesPerSecond, accessLog.place)
        (configuration.program, configuration.idle) = (.current, idle.interval)
        return configuration
    }

    /// The options as arguments for a process with another working folder.
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

    /// Returns the given options that differ from those of the running emulator.
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

/// An address such as `127.0.0.1:8080` or `[::1]:8080`.
struct HostAndPort: ExpressibleByArgument, Hashable, CustomStringConvertible {
    var host: String
    var port: Int

    /// The default: a free port on 127.0.0.1.
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

    /// Whether a server at `origin` that listens on `host` satisfies this address; any server satisfies the default.
    func fits(_ origin: String, host listening: String?) -> Bool {
        guard self != .anyPort else { return true }
        guard listening == host else { return false }
        return port == 0 || origin.hasSuffix(":\(port)")
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    var defaultValueDescription: String { description }
}
