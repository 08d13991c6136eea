internal import LocalEndpoints
internal import Rollouts

/// `turnout serve --stop`: stops the emulator of the state folder.
struct ServeStop {
    var folder: LocalFolder
    /// Whether to stop it even if runs or commands use it.
    var force: Bool
    var json: Bool

    private struct Report: Encodable {
        var event = "stopped"
        /// The stopped process; nil if none was running.
        var process: Int32?

        private enum CodingKeys: String, CodingKey { case event, process }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(event, forKey: .event)
            try container.encode(process, forKey: .process)
        }
    }

    func run() async throws {
        guard try ServeLock.isHeld(folder) else { return try say("no emulator is running", nil) }
        guard let process = try ServeRecord.read(folder)?.pid ?? ServeLock.holder(folder) else {
            throw CommandFailure(
                .failed,
                "\(folder.serveLock) is held by an unknown process; find it with `fuser \(folder.serveLock)`")
        }
        let end = EmulatorStopper(folder)
        let users = try end.users().filter { $0.pid != process }
        guard users.isEmpty || force else {
            throw CommandFailure(
                .notOurs,
                "the emulator (process \(process)) is used by \(users.words): stop that first, or add --force; an "
                    + "unfinished run would start another emulator")
        }
        try await end.end(process)
        try say(
            "the emulator (process \(process)) is stopped; the next run or `turnout serve` serves its endpoints again",
            process)
    }

    private func say(_ text: String, _ process: Int32?) throws {
        StandardOutput.shared.line(json ? try JSONText.line(Report(process: process)) : text)
    }
}
