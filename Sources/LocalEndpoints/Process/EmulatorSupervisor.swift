internal import Logging
package import PlaybookSyntax
package import RolloutEngine
internal import Rollouts
internal import Support
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A command's connection to the emulator of its state folder.
///
/// One emulator at a time holds the state folder, as decided by `serve.lock`. The emulator is a separate process. A
/// command that makes changes starts it if it is not running, and it stays as long as a command or a client uses it. A
/// command that only looks does not start servers: if no emulator is running, it reads the stored state through a
/// control plane in its own process.
package actor EmulatorSupervisor {
    private let folder: LocalFolder
    private let launch: EmulatorLaunch
    private let notify: @Sendable (String) -> Void
    private let use: BackendOpening.Use
    private let logger = Logger(label: "turnout.local")
    private var registration: EmulatorUse?
    /// Emulators that this process started and whose exit statuses it has to collect.
    private var started: [Int32] = []
    private let reader = Mutex<(emulator: Emulator, record: ServeRecord)?>(nil)

    /// How long to wait, after an emulator that was started by `turnout serve` was killed, for a person or a service
    /// manager to restart it.
    static let grace = Duration.seconds(4)
    /// How long an emulator may take from acquiring its lock to its first response.
    private static let patience = Duration.seconds(30)

    package init(
        _ launch: EmulatorLaunch, for use: BackendOpening.Use, notify: @escaping @Sendable (String) -> Void
    ) {
        self.launch = launch
        self.use = use
        self.notify = notify
        folder = launch.folder
    }

    /// Whether an emulator serves clients; if not, this process only reads the stored state.
    nonisolated var isServed: Bool { reader.withLock { $0 == nil } }

    /// The record of the running emulator; `nil` if there is none.
    nonisolated func present() throws -> ServeRecord? {
        if let record = reader.withLock({ $0?.record }) { return record }
        guard try ServeLock.isHeld(folder) else { return nil }
        return try ServeRecord.read(folder)
    }

    /// Finds the emulator, or starts one if none is running.
    func find() async throws -> ServeRecord {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            if let record = try present(), await Health.isHealthy(record) {
                if try await !isReplaced(record) {
                    try register()
                    // The emulator may have exited before the registration, but does not after it.
                    if try present() == record { return record }
                }
                continue
            }
            if try !ServeLock.isHeld(folder) {
                switch use {
                case .look: if let record = try await startReader() { return record }
                case .work:
                    try register()
                    _ = try await start()
                    continue
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let process = try ServeRecord.read(folder).map { " (process \($0.pid))" } ?? ""
        throw EmulatorError(
            .failed,
            "the emulator of \(folder.path)\(process) does not respond; stop it with `turnout serve --stop --force` "
                + "and run the command again")
    }

    /// Changes the registered purpose for which this process uses the emulator.
    func rename(_ purpose: String) throws { try registration?.rename(purpose) }

    /// Restarts the emulator whenever it is no longer running, until the task is cancelled.
    package func watch(tell: @Sendable (BackendNotice) -> Void) async {
        var missing: ContinuousClock.Instant?
        var said: String?
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .milliseconds(250))
                reap()
                guard try !ServeLock.isHeld(folder) else {
                    missing = nil
                    continue
                }
                let since = missing ?? .now
                missing = since
                // A standing emulator that was killed leaves its record behind; an emulator that exits normally removes
                // it.
                let mayRestart = try ServeRecord.read(folder).map { $0.idle == nil } ?? false
                guard !mayRestart || ContinuousClock.now - since > Self.grace else { continue }
                guard let process = try await start() else { continue }
                said = nil
                tell(.note("the emulator of the local endpoints had stopped; process \(process) now serves them"))
            } catch is CancellationError {
                return
            } catch {
                let text = "the emulator of the local endpoints has stopped and could not be restarted: \(error)"
                if text != said { tell(.note(text)) }
                said = text
                do { try await Task.sleep(for: .seconds(5)) } catch { return }
            }
        }
    }

    /// Ends this process's use of the emulator, which keeps running.
    func leave() async {
        registration?.end()
        registration = nil
        let own = reader.withLock { $0.take() }
        await own?.emulator.stop(draining: .zero)
        reap()
    }

    private func register() throws {
        guard registration == nil else { return }
        registration = try EmulatorUse(
            of: folder, for: Self.purpose(of: CommandLine.arguments), at: SystemClock().now())
    }

    /// The words of a command line before its options, for example `turnout endpoint invoke`.
    static func purpose(of arguments: [String]) -> String {
        (["turnout"] + arguments.dropFirst().prefix { !$0.hasPrefix("-") }.prefix(4)).joined(separator: " ")
            .prefix(80).description
    }

    /// Starts an emulator in the background; returns `nil` if another process started one first.
    private func start() async throws -> Int32? {
        let process = try await launch.start()
        if let process { started.append(process) }
        return process
    }

    private func reap() {
        started.removeAll { process in
            var status: Int32 = 0
            return waitpid(process, &status, WNOHANG) != 0
        }
    }

    /// Starts a control plane in this process that only reads; returns `nil` if another process acquired the folder
    /// first.
    private func startReader() async throws -> ServeRecord? {
        var configuration = Emulator.Configuration(folder: folder, yaml: pythonYAMLValue(of:))
        configuration.servesInstances = false
        do {
            let emulator = try Emulator(configuration, logger: logger)
            let record = try await emulator.start()
            reader.withLock { $0 = (emulator, record) }
            return record
        } catch let error as EmulatorError {
            if case .inUse = error.code { return nil }
            throw error
        }
    }

    /// Stops an idle emulator of another Turnout build; returns false if the running emulator is to be used as it is.
    ///
    /// - Throws: ``EmulatorError`` if the emulator is of another version and in use.
    private func isReplaced(_ record: ServeRecord) async throws -> Bool {
        guard record.program != .current, isServed else { return false }
        let end = EmulatorStopper(folder)
        let isUnused = try record.idle != nil && end.isUnused(at: SystemClock().now())
        if isUnused, use == .work {
            try await end.end(record.pid)
            return true
        }
        let version = record.program?.version
        guard version != Program.version else { return false }
        let users = try end.users()
        let words =
            "the local endpoints are served by \(version.map { "Turnout \($0)" } ?? "an older Turnout") (process "
            + "\(record.pid)), but this is Turnout \(Program.version)"
        guard use == .work else {
            notify(words)
            return false
        }
        let who = users.isEmpty ? "it is in use by clients" : "it is in use by \(users.words)"
        throw EmulatorError(
            .inUse(pid: record.pid),
            "\(words); \(who): wait until it is idle, or stop it with `turnout serve --stop --force`")
    }
}
