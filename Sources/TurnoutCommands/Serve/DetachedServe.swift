internal import FoundationEssentials
internal import LocalEndpoints
internal import Logging
internal import RolloutEngine
internal import Rollouts

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The process that ``EmulatorLaunch`` starts.
///
/// It reports once on standard output whether it serves, and is then independent of the command that started it.
struct DetachedServe {
    var configuration: Emulator.Configuration

    /// How long to wait for requests in flight when the process is stopped.
    private static let draining = Interval.seconds(10)

    func run() async throws {
        // Releases the caller's working folder.
        guard chdir("/") == 0 else { throw CommandFailure(.failed, "cannot change to the folder /") }
        let (signals, continuation) = AsyncStream.makeStream(of: Signals.Kind.self)
        let handler = Signals(to: continuation) {}
        defer { withExtendedLifetime(handler) {} }
        let emulator: Emulator
        do {
            emulator = try Emulator(configuration, logger: Logger(label: "turnout.serve"))
            _ = try await emulator.start()
        } catch {
            try report(on: error)
            return
        }
        try say(.init(outcome: .serving))
        try await emulator.serve(until: signals, draining: Self.draining)
    }

    private func report(on error: any Error) throws {
        if let error = error as? EmulatorError, case .inUse = error.code {
            return try say(.init(outcome: .superfluous))
        }
        try say(
            .init(
                outcome: .failed, message: "could not start the emulator: \(error)",
                code: (error as? EmulatorError)?.code))
        throw error
    }

    /// Writes one line, and then closes the pipe.
    private func say(_ report: EmulatorLaunch.Report) throws {
        StandardOutput.shared.line(try JSONText.line(report))
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard null >= 0 else { return }
        dup2(null, STDOUT_FILENO)
        close(null)
    }
}

/// `turnout serve --background`: starts an emulator, and prints its addresses.
struct ServeInBackground {
    var launch: EmulatorLaunch
    var options: ServeOptions
    var json: Bool

    func run() async throws {
        let folder = launch.folder
        guard let process = try await launch.start() else {
            let record = try ServeRecord.read(folder)
            throw CommandFailure(
                .notOurs,
                "\(folder.path): an emulator is already running\(record.map { " (process \($0.pid))" } ?? ""); use it, "
                    + "or stop it with `turnout serve --stop`")
        }
        guard let record = try ServeRecord.read(folder), record.pid == process else {
            throw CommandFailure(.failed, "the emulator (process \(process)) exited; see \(folder.emulatorLog)")
        }
        let report = ServeReport(record, folder, isKept: true)
        StandardOutput.shared.line(
            json ? try JSONText.line(report) : report.lines(Terminal.standardOutput.style).joined(separator: "\n"))
    }
}
