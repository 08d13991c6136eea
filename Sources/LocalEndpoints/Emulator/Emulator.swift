package import AssetFiles
internal import FoundationEssentials
package import Logging
internal import NIOCore
internal import NIOPosix
internal import RolloutEngine
package import Rollouts
internal import ServiceLifecycle
internal import Synchronization

/// Azure ML's managed online endpoints on this machine: control plane, data plane, and the instances between them.
///
/// What it is told is kept in its folder; one that is started after another was killed goes on where that one was.
package final class Emulator: Sendable {
    package struct Configuration: Sendable {
        package var folder: LocalFolder
        /// Reads the conda files of environments.
        package var yaml: YAMLReader
        package var controlHost: String
        /// 0: the port of the last time if it is free, else a free one.
        package var controlPort: Int
        /// Loopback only: the data plane speaks plain HTTP.
        package var dataHost: String
        /// As ``controlPort``.
        package var dataPort: Int
        /// Event loops of the data plane; nil: one for each core that the process may use.
        package var threads: Int?
        /// False: the control plane only, to look at what is kept; nothing is served or changed.
        package var servesInstances: Bool
        package var times: ProvisioningTimes
        /// Bytes per second of each endpoint, requests and answers together, as Azure's 5 MBps; nil: no limit.
        package var bandwidth: Int? = 5_000_000
        package var accessLog = AccessLog.Place.deployments
        /// The program that this is part of.
        package var program: EmulatorProgram?
        /// How long ``untilUnused()`` waits for the next use; nil: for ever.
        package var idle: Interval?

        package init(
            folder: LocalFolder, yaml: @escaping YAMLReader, controlHost: String = "127.0.0.1", controlPort: Int = 0,
            dataHost: String = "127.0.0.1",
            dataPort: Int = 0, threads: Int? = nil, servesInstances: Bool = true,
            times: ProvisioningTimes = ProvisioningTimes()
        ) {
            self.folder = folder
            self.yaml = yaml
            self.controlHost = controlHost
            self.controlPort = controlPort
            self.dataHost = dataHost
            self.dataPort = dataPort
            self.threads = threads
            self.servesInstances = servesInstances
            self.times = times
        }
    }

    private enum State {
        case new
        case starting
        case running(EmulatorParts)
        case stopped
    }

    private let configuration: Configuration
    private let logger: Logger
    private let lock: ServeLock
    private let state = Mutex(State.new)

    /// Takes the folder, or throws an ``EmulatorError`` that names the process which has it.
    package init(_ configuration: Configuration, logger: Logger) throws {
        if configuration.servesInstances { try ListenAddress.requireLoopback(data: configuration.dataHost) }
        self.configuration = configuration
        self.logger = logger
        try configuration.folder.create()
        lock = try ServeLock(configuration.folder)
    }

    /// Takes up what is kept, listens, and returns when clients can come.
    package func start() async throws -> ServeRecord {
        try state.withLock { state in
            guard case .new = state else {
                throw EmulatorError(.inUse(pid: nil), "the emulator has already been started")
            }
            state = .starting
        }
        do {
            let parts = try await EmulatorParts(configuration, logger: logger)
            let record: ServeRecord
            do {
                record = try await parts.start()
                // One that only shows what is kept is for its own process.
                if configuration.servesInstances { try record.write(configuration.folder) }
            } catch {
                await parts.stop(draining: .zero)
                throw error
            }
            state.withLock { $0 = .running(parts) }
            logger.info(
                "the emulator is listening", metadata: ["control": "\(record.control)", "data": "\(record.data)"])
            return record
        } catch {
            state.withLock { $0 = .stopped }
            lock.release()
            throw error
        }
    }

    /// Returns when the emulator was stopped; throws when it ended by itself.
    package func untilEnded() async throws {
        guard case .running(let parts) = state.withLock({ $0 }) else { return }
        try await parts.untilEnded()
    }

    /// Returns when no process and no client has used the emulator for ``Configuration/idle``, or its folder is gone.
    ///
    /// No process finds the emulator any more then; it is to be stopped.
    package func untilUnused() async throws {
        guard case .running(let parts) = state.withLock({ $0 }) else { return }
        let folder = configuration.folder
        let pause = min(Interval.seconds(1), configuration.idle.map { max($0, .milliseconds(100)) } ?? .seconds(1))
        var lastUse = ContinuousClock.now
        var mark = await parts.useMark
        while true {
            try await Task.sleep(for: pause.duration)
            guard lock.isInPlace(folder) else {
                logger.notice("the folder was removed: the emulator stops", metadata: ["folder": "\(folder.path)"])
                return
            }
            let last = mark
            mark = await parts.useMark
            do {
                let users = try EmulatorUser.all(in: folder)
                if mark == nil || mark != last || !users.isEmpty {
                    lastUse = .now
                    ServeLock.touch(folder)
                }
                guard let idle = configuration.idle, ContinuousClock.now - lastUse >= idle.duration else { continue }
                let isLeaving: Void? = try EmulatorUse.withoutUsers(folder) {
                    try StateFile.remove(folder.serveRecord)
                }
                guard isLeaving == nil else { return }
            } catch {
                // It stays: who uses it is not known.
                logger.error("cannot read which processes use the emulator", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Takes no new requests, lets those in flight be answered for `draining` at most, and ends every instance.
    ///
    /// Endpoints stay as they are and are served again by the next emulator of the folder. Also complete in a task that
    /// is cancelled.
    package func stop(draining: Interval) async {
        let previous = state.withLock { state in
            defer { state = .stopped }
            return state
        }
        guard case .running(let parts) = previous else {
            if case .new = previous { lock.release() }
            return
        }
        // First, so that no process takes it for one that will answer.
        do {
            if configuration.servesInstances { try StateFile.remove(configuration.folder.serveRecord) }
        } catch {
            logger.error("serve.json could not be removed", metadata: ["error": "\(error)"])
        }
        // A task of its own: what is cancelled must still be ended.
        await Task { await parts.stop(draining: draining) }.value
        lock.release()
    }
}
