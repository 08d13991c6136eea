internal import FoundationEssentials
package import Rollouts
internal import Support

/// The addresses of a running emulator: `serve.json` in its folder, for commands and clients.
package struct ServeRecord: Codable, Hashable, Sendable {
    package var pid: Int32
    /// The origin of the control plane, `https://127.0.0.1:PORT`, to which ARM paths are appended.
    package var control: String
    /// The origin of the data plane, `http://127.0.0.1:PORT`, to which `/endpoints/NAME/score` is appended.
    package var data: String
    /// When the emulator started; encoded in milliseconds since 1970.
    package var started: Timestamp
    /// The program that runs it.
    package var program: EmulatorProgram?
    /// How long the emulator may be unused before it stops; nil means that it runs until it is stopped.
    ///
    /// Encoded in milliseconds.
    package var idle: Interval?
    /// The settings that the emulator was started with.
    package var settings: ServeSettings?
    /// The `PATH` of servers, and of programs that build environments.
    package var path: String?

    package init(
        pid: Int32, control: String, data: String, started: Timestamp, program: EmulatorProgram? = nil,
        idle: Interval? = nil, settings: ServeSettings? = nil, path: String? = nil
    ) {
        self.pid = pid
        self.control = control
        self.data = data
        self.started = started
        self.program = program
        self.idle = idle
        self.settings = settings
        self.path = path
    }

    /// Reads the record in the folder; nil if there is none.
    ///
    /// The process may have ended; see ``ServeLock``.
    package static func read(_ folder: LocalFolder) throws -> ServeRecord? {
        guard let bytes = try StateFile.read(folder.serveRecord) else { return nil }
        do {
            return try JSONDecoder().decode(ServeRecord.self, from: Data(bytes))
        } catch {
            throw EmulatorError(
                .storage,
                "\(folder.serveRecord) is not a valid emulator record; remove it: the next emulator writes a new one"
            )
        }
    }

    func write(_ folder: LocalFolder) throws {
        try StateFile.write(Array((JSONText.pretty(self) + "\n").utf8), to: folder.serveRecord)
    }
}

/// The program that an emulator is part of; builds of the same version may differ.
package struct EmulatorProgram: Codable, Hashable, Sendable {
    package var version: String
    package var build: String

    package init(version: String, build: String) {
        self.version = version
        self.build = build
    }

    /// This program; every build counts as a different program.
    package static let current = EmulatorProgram(version: Program.version, build: Program.build)
}

/// The addresses and limits that an emulator was started with.
package struct ServeSettings: Codable, Hashable, Sendable {
    package var controlHost: String
    package var dataHost: String
    /// The limit of each endpoint in bytes per second; nil means no limit.
    package var bandwidth: Int?
    /// `logs`, `off`, `-`, or a path.
    package var accessLog: String

    package init(controlHost: String, dataHost: String, bandwidth: Int?, accessLog: String) {
        self.controlHost = controlHost
        self.dataHost = dataHost
        self.bandwidth = bandwidth
        self.accessLog = accessLog
    }
}
