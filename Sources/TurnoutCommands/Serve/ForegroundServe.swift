internal import LocalEndpoints
internal import Logging
internal import PlaybookSyntax
internal import RolloutEngine
internal import Rollouts
internal import Support

/// `turnout serve` at a terminal or under a service manager: serves in this process, or keeps a background emulator
/// running that a run has started.
struct ForegroundServe {
    var configuration: Emulator.Configuration
    /// How to start another emulator if the background one exits.
    var launch: EmulatorLaunch
    var options: ServeOptions
    var json: Bool

    /// How long to wait for requests in flight at the end.
    private static let draining = Interval.seconds(30)
    /// How long to wait for another process that only reads the folder, or is about to exit.
    private static let patience = Duration.seconds(20)

    private var folder: LocalFolder { configuration.folder }

    func run() async throws {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do {
                let emulator = try Emulator(configuration, logger: Logger(label: "turnout.serve"))
                return try await serve(emulator)
            } catch let error as EmulatorError {
                guard case .inUse = error.code, ContinuousClock.now < deadline else { throw error }
                if let record = try ServeRecord.read(folder), await Health.isHealthy(record) {
                    if try await keep(record, otherwise: error) { return }
                } else {
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }

    private func serve(_ emulator: Emulator) async throws {
        let use = try EmulatorUse(of: folder, for: "turnout serve", keeps: true, at: SystemClock().now())
        defer { use.end() }
        let (signals, continuation) = AsyncStream.makeStream(of: Signals.Kind.self)
        let handler = Signals(to: continuation) {}
        defer { withExtendedLifetime(handler) {} }
        let record = try await emulator.start()
        try say(ServeReport(record, folder))
        // If it should exit when idle, it must not count as its own user.
        if configuration.idle != nil { use.end() }
        let deadlines = Task { await DeadlineWatch(json: json).run() }
        defer { deadlines.cancel() }
        try await emulator.serve(until: signals, draining: Self.draining) {
            // A run that is being worked on still needs the emulator.
            deadlines.cancel()
            await deadlines.value
            if !json { Notices.say("answering requests in flight, then exiting; a second signal exits at once") }
        }
        try sayEnd()
    }

    /// Keeps the background emulator running; returns false if it has exited, or was stopped to be replaced.
    private func keep(_ record: ServeRecord, otherwise error: EmulatorError) async throws -> Bool {
        guard let idle = record.idle else { throw error }
        let end = EmulatorStopper(folder)
        let users = try end.users()
        if let other = users.first(where: \.keeps) {
            throw CommandFailure(
                .notOurs,
                "\(folder.path): another `turnout serve` (process \(other.pid)) already keeps the emulator running")
        }
        let differences = options.differences(from: record)
        guard differences.isEmpty, record.program?.version == Program.version else {
            guard try end.isUnused(at: SystemClock().now()) else {
                let who = users.isEmpty ? "clients" : users.words
                let what =
                    differences.isEmpty
                    ? "it is another version of Turnout" : "it runs without \(differences.joined(separator: " "))"
                throw CommandFailure(
                    .notOurs,
                    "an emulator (process \(record.pid)) serves the endpoints at \(record.data) for \(who), but "
                        + "\(what); wait until it is unused, or stop it with `turnout serve --stop --force`")
            }
            try await end.end(record.pid)
            return false
        }
        let use = try EmulatorUse(of: folder, for: "turnout serve", keeps: true, at: SystemClock().now())
        defer { use.end() }
        guard try ServeLock.isHeld(folder), try ServeRecord.read(folder) == record else { return false }
        let (signals, continuation) = AsyncStream.makeStream(of: Signals.Kind.self)
        let handler = Signals(to: continuation) {}
        defer { withExtendedLifetime(handler) {} }
        try say(ServeReport(record, folder, isKept: true))
        await watch(until: signals)
        if !json {
            Notices.say("the emulator keeps running, and exits when unused for \(idle.short)")
        }
        try sayEnd()
        return true
    }

    /// Restarts the emulator if it exits, until the first signal.
    private func watch(until signals: AsyncStream<Signals.Kind>) async {
        await withTaskGroup { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { [json] in await DeadlineWatch(json: json).run() }
            group.addTask {
                await EmulatorSupervisor(launch, for: .work, notify: Notices.warn).watch { news in
                    if case .note(let text) = news { Notices.warn(text) }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func say(_ report: ServeReport) throws {
        StandardOutput.shared.line(
            json ? try JSONText.line(report) : report.lines(Terminal.standardOutput.style).joined(separator: "\n"))
    }

    private func sayEnd() throws {
        if json { StandardOutput.shared.line(try JSONText.line(["event": "stopped"])) }
    }
}

extension Emulator {
    /// Serves until the first signal, or until the emulator has been idle for its configured time.
    ///
    /// `leaving` is called before the emulator is stopped.
    ///
    /// - Throws: If the emulator ends unexpectedly.
    func serve(
        until signals: AsyncStream<Signals.Kind>, draining: Interval, leaving: () async -> Void = {}
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { try await self.untilEnded() }
            group.addTask { try await self.untilUnused() }
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch {
                await stop(draining: .zero)
                throw error
            }
            await leaving()
            await stop(draining: draining)
        }
    }
}
