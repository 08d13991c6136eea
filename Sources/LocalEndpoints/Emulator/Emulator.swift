package import AssetFiles
internal import FoundationEssentials
package import Logging
internal import NIOCore
internal import NIOPosix
internal import RolloutEngine
package import Rollouts
internal import ServiceLifecycle
internal import Synchronization

/// Emulates Azure ML's managed online endpoints on this machine: control plane, data plane and instances.
///
/// Its state is saved in its folder; an emulator that starts after another was killed continues from that state.
package final class Emulator: Sendable {
    package struct Configuration: Sendable {
        package var folder: LocalFolder
        /// Reads the conda files of environments.
        package var yaml: YAMLReader
        package var controlHost: String
        /// The control plane's port; 0 means the previous port if it is free, otherwise any free port.
        package var controlPort: Int
        /// The data plane's host; must be a loopback address, since the data plane uses plain HTTP.
        package var dataHost: String
        /// The data plane's port; 0 means the same as for ``controlPort``.
        package var dataPort: Int
        /// The number of the data plane's event loops; nil means one for each core that the process may use.
        package var threads: Int?
        /// If false, only the control plane runs, to show the saved state; nothing is served or changed.
        package var servesInstances: Bool
        package var times: ProvisioningTimes
        /// The limit of each endpoint in bytes per second, requests and answers together; nil means no limit.
        ///
        /// The default is Azure's limit of 5 MBps.
        package var bandwidth: Int? = 5_000_000
        package var accessLog = AccessLog.Place.deployments
        /// The program that the emulator is part of.
        package var program: EmulatorProgram?
        /// How long the emulator may be unused before ``untilUnused()`` returns; nil means forever.
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

    /// Locks the folder; throws an ``EmulatorError`` that names the process which holds it.
    package init(_ configuration: Configuration, logger: Logger) throws {
        if configuration.servesInstances { try ListenAddress.requireLoopback(data: configuration.dataHost) }
        self.configuration = configuration
        self.logger = logger
        try configuration.folder.create()
        lock = try ServeLock(configuration.folder)
    }

    /// Restores the saved state and listens; returns when clients can connect.
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
                // A read-only emulator is used only by its own process, so no other process needs to find it.
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

    /// Returns when the emulator was stopped; throws if it failed.
    package func untilEnded() async throws {
        guard case .running(let parts) = state.withLock({ $0 }) else { return }
        try await parts.untilEnded()
    }

    /// Returns when the emulator has been unused for ``Configuration/idle``, or its folder was removed.
    ///
    /// Processes and clients count as users. Other processes can no longer find the emulator when this returns, and the
    /// caller must stop it.
    package func untilUnused() async throws {
        guard case .running(let parts) = state.withLock({ $0 }) else { return }
        let folder = configuration.folder
        let pause = min(Interval.seconds(1), configuration.idle.map { max($0, .milliseconds(100)) } ?? .seconds(1))
        var lastUse = ContinuousClock.now
        var mark = await parts.activityMark
        while true {
            try await Task.sleep(for: pause.duration)
            guard lock.isInPlace(folder) else {
                logger.notice("the folder was removed: the emulator stops", metadata: ["folder": "\(folder.path)"])
                return
            }
            let last = mark
            mark = await parts.activityMark
            do {
                let users = try EmulatorUser.all(in: folder)
                if mark == nil || mark != last || !users.isEmpty {
                    lastUse = .now
                    ServeLock.touch(folder)
                }
                guard let idle = configuration.idle, ContinuousClock.now - lastUse >= idle.duration else { continue }
                let isLeaving: Void? = try EmulatorUse.ifUnused(folder) {
                    try StateFile.remove(folder.serveRecord)
                }
                guard isLeaving == nil else { return }
            } catch {
                // Keeps running, since it may be in use.
                logger.error("cannot read which processes use the emulator", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Stops accepting requests, waits up to `draining` for those in flight, and stops every instance.
    ///
    /// The endpoints are saved, and the next emulator of the folder serves them again. Runs to completion even if the
    /// task is cancelled.
    package func stop(draining: Interval) async {
        let previous = state.withLock { state in
            defer { state = .stopped }
            return state
        }
        guard case .running(let parts) = previous else {
            if case .new = previous { lock.release() }
            return
        }
        // Removed first, so that no other process tries to use the stopping emulator.
        do {
            if configuration.servesInstances { try StateFile.remove(configuration.folder.serveRecord) }
        } catch {
            logger.error("serve.json could not be removed", metadata: ["error": "\(error)"])
        }
        // A separate task, because the parts must be stopped even if this task is cancelled.
        await Task { await parts.stop(draining: draining) }.value
        lock.release()
    }
}
