internal import FoundationEssentials
package import Rollouts

/// Where a running emulator listens: `serve.json` of its folder, for commands and clients.
package struct ServeRecord: Codable, Hashable, Sendable {
    package var pid: Int32
    /// `https://127.0.0.1:PORT`; ARM paths follow.
    package var control: String
    /// `http://127.0.0.1:PORT`; `/endpoints/NAME/score` follows.
    package var data: String
    /// Milliseconds since 1970.
    package var started: Timestamp

    package init(pid: Int32, control: String, data: String, started: Timestamp) {
        self.pid = pid
        self.control = control
        self.data = data
        self.started = started
    }

    /// What the folder tells, or nil where no emulator left a record; its process may be gone (`serve.lock` tells).
    package static func read(_ folder: LocalFolder) throws -> ServeRecord? {
        guard let bytes = try StateFile.read(folder.serveRecord) else { return nil }
        return try JSONDecoder().decode(ServeRecord.self, from: Data(bytes))
    }

    func write(_ folder: LocalFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try StateFile.write(Array(encoder.encode(self)) + [UInt8(ascii: "\n")], to: folder.serveRecord)
    }
}
