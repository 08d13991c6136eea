internal import ArgumentParser
internal import LocalEndpoints
internal import Logging
internal import RolloutEngine
internal import Rollouts

/// `turnout serve`: runs the local endpoints until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the local endpoints until you end it.",
        discussion: """
            The endpoints of the state folder answer as long as this runs: the control plane over TLS with a bearer \
            token, as `turnout run`, `turnout endpoint` and Azure's SDK speak to it, and the data plane over HTTP for \
            clients. A run that finds it uses it; without it, a run serves the endpoints itself while it lives.

            SIGINT and SIGTERM answer what is under way, and leave. A second signal leaves at once; nothing is lost, \
            since everything is in the state folder.

            EXAMPLES:
              turnout serve
              turnout serve --data 127.0.0.1:8080
              turnout serve --control 127.0.0.1:8443 --data 127.0.0.1:8080 --json
              turnout serve --bandwidth-limit off --access-log requests.log
            """)

    @Option(help: ArgumentHelp("Where the control plane listens; port 0 picks a free one.", valueName: "host:port"))
    var control = HostAndPort(host: "127.0.0.1", port: 0)

    @Option(help: ArgumentHelp("Where clients send; port 0 picks a free one.", valueName: "host:port"))
    var data = HostAndPort(host: "127.0.0.1", port: 0)

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

    @Flag(help: "Print one JSON object a line: what it listens on, and its end.")
    var json = false

    func validate() throws {
        guard !(json && accessLog.place == .standardOutput) else {
            throw ValidationError("--json and --access-log - both want standard output: give the log a file")
        }
    }

    func run() async throws {
        let folder = LocalFolder(state: Workspace().state)
        var configuration = Emulator.Configuration(folder: folder)
        (configuration.controlHost, configuration.controlPort) = (control.host, control.port)
        (configuration.dataHost, configuration.dataPort) = (data.host, data.port)
        (configuration.bandwidth, configuration.accessLog) = (bandwidthLimit.bytesPerSecond, accessLog.place)
        let signals = Signals {}
        defer { withExtendedLifetime(signals) {} }
        let emulator = try Emulator(configuration, logger: Logger(label: "turnout.serve"))
        let record = try await emulator.start()
        try tell(ServeReport(record, folder))
        ResidentCode.release()
        try await serve(until: signals.stream, emulator)
        if json { StandardOutput.shared.line(try JSONText.line(["event": "stopped"])) }
    }

    /// Serves until the first signal; throws when the emulator has ended by itself.
    private func serve(until signals: AsyncStream<Signals.Kind>, _ emulator: Emulator) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { try await emulator.untilEnded() }
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch {
                await emulator.stop(draining: .zero)
                throw error
            }
            if !json { Notices.say("answers what is under way, and leaves; a second signal leaves at once") }
            await emulator.stop(draining: Self.patience)
        }
    }

    private static let patience = Interval.seconds(30)

    private func tell(_ report: ServeReport) throws {
        StandardOutput.shared.line(
            json ? try JSONText.line(report) : report.lines(Terminal.standardOutput.style).joined(separator: "\n"))
    }
}

/// `127.0.0.1:8080`, `[::1]:8080`.
struct HostAndPort: ExpressibleByArgument, Hashable, CustomStringConvertible {
    var host: String
    var port: Int

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

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    var defaultValueDescription: String { description }
}
