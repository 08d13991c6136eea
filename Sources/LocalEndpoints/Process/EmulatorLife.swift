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

/// The emulator that a command works with.
///
/// One emulator has the state folder at a time; `serve.lock` decides. It is a process of its own, which a command that
/// works starts where there is none, and which stays for as long as a command or a client uses it. A command that only
/// looks starts no servers: where none run, it reads what is kept by a control plane in its own process.
package actor EmulatorLife {
    private let folder: LocalFolder
    private let launch: EmulatorLaunch
    private let notify: @Sendable (String) -> Void
    private let use: BackendOpening.Use
    private let logger = Logger(label: "turnout.local")
    private var registration: EmulatorUse?
    /// Emulators that this process started, whose exit statuses it takes.
    private var started: [Int32] = []
    private let reader = Mutex<(emulator: Emulator, record: ServeRecord)?>(nil)

    /// How long a lock that nobody has is left to a standing emulator that was killed, which a person or a service
    /// manager may start again.
    static let grace = Duration.seconds(4)
    /// How long an emulator may take from its lock to its first answer.
    private static let patience = Duration.seconds(30)

    package init(
        _ launch: EmulatorLaunch, for use: BackendOpening.Use, notify: @escaping @Sendable (String) -> Void
    ) {
        self.launch = launch
        self.use = use
        self.notify = notify
        folder = launch.folder
    }

    /// Whether clients are served; if not, this process only reads what is kept.
    nonisolated var isServed: Bool { reader.withLock { $0 == nil } }

    /// Where the emulator listens now; nil while there is none.
    nonisolated func present() throws -> ServeRecord? {
        if let record = reader.withLock({ $0?.record }) { return record }
        guard try ServeLock.isHeld(folder) else { return nil }
        return try ServeRecord.read(folder)
    }

    /// Finds the emulator, or starts one where there is none.
    func find() async throws -> ServeRecord {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            if let record = try present(), await Health.isWell(record) {
                if try await !isReplaced(record) {
                    try register()
                    // It may have left before the registration; after it, it does not.
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

    /// Says what this process uses the emulator for.
    func rename(_ purpose: String) throws { try registration?.rename(purpose) }

    /// Starts another emulator, until it is cancelled, whenever there is none any more.
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
                // A standing emulator that was killed has left its record; one that has none has left by itself.
                let mayComeBack = try ServeRecord.read(folder).map { $0.idle == nil } ?? false
                guard !mayComeBack || ContinuousClock.now - since > Self.grace else { continue }
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

    /// Ends this process's use of the emulator, which stays.
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

    /// The words of a command line in front of its options: `turnout endpoint invoke`.
    static func purpose(of arguments: [String]) -> String {
        (["turnout"] + arguments.dropFirst().prefix { !$0.hasPrefix("-") }.prefix(4)).joined(separator: " ")
            .prefix(80).description
    }

    /// Starts an emulator in the background; nil where another process was quicker.
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

    /// Nil where another process was quicker.
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

    /// Ends an emulator that is part of another Turnout and that nothing uses; false where it is to be used as it is.
    ///
    /// - Throws: ``EmulatorError`` where it is of another version and in use.
    private func isReplaced(_ record: ServeRecord) async throws -> Bool {
        guard record.program != .current, isServed else { return false }
        let end = EmulatorEnd(folder)
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
