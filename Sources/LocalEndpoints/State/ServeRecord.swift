internal import FoundationEssentials
package import Rollouts
internal import Support

/// Where a running emulator listens: `serve.json` of its folder, for commands and clients.
package struct ServeRecord: Codable, Hashable, Sendable {
    package var pid: Int32
    /// `https://127.0.0.1:PORT`; ARM paths follow.
    package var control: String
    /// `http://127.0.0.1:PORT`; `/endpoints/NAME/score` follows.
    package var data: String
    /// Milliseconds since 1970.
    package var started: Timestamp
    /// The program that runs it.
    package var program: EmulatorProgram?
    /// How long it stays when nothing uses it, in milliseconds; nil: until it is ended.
    package var idle: Interval?
    /// What it was asked for.
    package var settings: ServeSettings?
    /// `PATH` as it is for what it starts: servers, and programs that build environments.
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

    /// What the folder says, or nil where no emulator left a record; its process may be gone (see ``ServeLock``).
    package static func read(_ folder: LocalFolder) throws -> ServeRecord? {
        guard let bytes = try StateFile.read(folder.serveRecord) else { return nil }
        do {
            return try JSONDecoder().decode(ServeRecord.self, from: Data(bytes))
        } catch {
            throw EmulatorError(
                .storage,
                "\(folder.serveRecord) is not a valid emulator record; remove it, and the next emulator writes a new one"
            )
        }
    }

    func write(_ folder: LocalFolder) throws {
        try StateFile.write(Array((JSONText.pretty(self) + "\n").utf8), to: folder.serveRecord)
    }
}

/// Which program an emulator is part of: two of one version may still be different builds.
package struct EmulatorProgram: Codable, Hashable, Sendable {
    package var version: String
    package var build: String

    package init(version: String, build: String) {
        self.version = version
        self.build = build
    }

    /// This program; one that is built anew is another.
    package static let current = EmulatorProgram(version: Program.version, build: Program.build)
}

/// The addresses and limits that an emulator was asked for.
package struct ServeSettings: Codable, Hashable, Sendable {
    package var controlHost: String
    package var dataHost: String
    /// Bytes per second of each endpoint; nil: no limit.
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
