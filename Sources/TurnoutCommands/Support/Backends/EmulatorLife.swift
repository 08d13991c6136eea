internal import LocalEndpoints
internal import Logging
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState

/// The emulator that a command works with: one that stands already, or one inside this process.
///
/// One emulator has the state folder at a time; `serve.lock` decides. A command that finds none starts its own and ends
/// it with itself; whoever else works on the folder then takes over.
actor EmulatorLife {
    private let folder: LocalFolder
    private let use: BackendOpening.Use
    private let logger = Logger(label: "turnout.local")
    private var own: Emulator?
    private var isOver = false

    /// How long a lock that nobody has is left to the emulator that was killed, which somebody may start again.
    static let grace = Duration.seconds(4)
    /// How long an emulator may take from its lock to its first answer.
    private static let patience = Duration.seconds(20)

    init(_ folder: LocalFolder, for use: BackendOpening.Use) {
        self.folder = folder
        self.use = use
    }

    /// True while some process, this one too, has the folder.
    static func isTaken(_ folder: LocalFolder) throws -> Bool {
        guard let lock = try FileLock(existing: folder.serveLock) else { return false }
        guard try lock.tryAcquire(.shared) else { return true }
        lock.release()
        return false
    }

    /// True while the emulator runs in this process.
    var isOwn: Bool { own != nil }

    /// Where the emulator listens now, whoever runs it; nil while there is none.
    nonisolated func present() throws -> ServeRecord? {
        guard try Self.isTaken(folder) else { return nil }
        return try ServeRecord.read(folder)
    }

    /// Finds the standing emulator or, without one, starts one in this process.
    func find() async throws -> ServeRecord {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            if let record = try present(), await Health.isWell(record) { return record }
            if try !Self.isTaken(folder), let record = try await start() { return record }
            try await Task.sleep(for: .milliseconds(50))
        }
        let process = try ServeRecord.read(folder).map { " (process \($0.pid))" } ?? ""
        throw CommandFailure(
            .failed,
            "the emulator of \(folder.path)\(process) does not answer; end it, and type the command again")
    }

    /// Takes over, until it is cancelled, whenever nobody runs the emulator any more.
    func watch(tell: @Sendable (WorldNews) -> Void) async {
        var missing: ContinuousClock.Instant?
        do {
            while true {
                try await Task.sleep(for: .milliseconds(250))
                guard own == nil else { continue }
                guard try !Self.isTaken(folder) else {
                    missing = nil
                    continue
                }
                let since = missing ?? .now
                missing = since
                // Without a record it has left by itself: nobody is coming back.
                let wasKilled = try ServeRecord.read(folder) != nil
                guard !wasKilled || ContinuousClock.now - since > Self.grace else { continue }
                if try await start() != nil { tell(.note("nobody served the local endpoints: this process does now")) }
            }
        } catch is CancellationError {
            return
        } catch {
            tell(.note("the local endpoints cannot be served by this process: \(error)"))
        }
    }

    /// Ends the emulator, if it is this process's own.
    func stop() async {
        isOver = true
        guard let emulator = own else { return }
        own = nil
        await emulator.stop(draining: .seconds(5))
    }

    /// Nil where another process was quicker.
    private func start() async throws -> ServeRecord? {
        guard !isOver else { return nil }
        var configuration = Emulator.Configuration(folder: folder)
        configuration.servesInstances = use == .work
        do {
            let emulator = try Emulator(configuration, logger: logger)
            let record = try await emulator.start()
            own = emulator
            return record
        } catch let error as EmulatorError {
            if case .inUse = error.code { return nil }
            throw error
        }
    }
}
