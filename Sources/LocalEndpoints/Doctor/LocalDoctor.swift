internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts
internal import SQLiteState
internal import Support
internal import SwiftASN1
internal import X509

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Looks at the folder of the local endpoints without changing it.
struct LocalDoctor {
    var folder: LocalFolder
    var now: Timestamp

    func look() async -> [Diagnosis] {
        guard FileManager.default.fileExists(atPath: folder.path) else {
            return [Diagnosis(.ok, "local", "no endpoint was served here yet")]
        }
        return await emulator() + secrets() + certificate() + processes()
    }

    /// Who serves the endpoints, and whether it answers.
    private func emulator() async -> [Diagnosis] {
        do {
            let record = try ServeRecord.read(folder)
            switch (try ServeLock.isHeld(folder), record) {
            case (true, let record?):
                guard await Health.isWell(record) else {
                    return [
                        Diagnosis(
                            .error, "local", "process \(record.pid) has \(folder.path), and does not answer",
                            advice:
                                "end it by `kill -9 \(record.pid)`; its endpoints come back with the next run or serve"
                        )
                    ]
                }
                return try [Diagnosis(.ok, "local", words(on: record))] + otherProgram(record)
            case (true, nil):
                return [
                    Diagnosis(
                        .warning, "local", "another process has \(folder.serveLock), and does not say where it listens",
                        advice: "look again; if it stays so, see who it is by `fuser \(folder.serveLock)`")
                ]
            case (false, let record?):
                return [
                    Diagnosis(
                        .warning, "local",
                        "process \(record.pid), which served the endpoints, was killed; they are not served now",
                        advice: "`turnout serve`, or the next run, takes them up again")
                ]
            case (false, nil):
                return [Diagnosis(.ok, "local", "the local endpoints are not served now; the next run serves them")]
            }
        } catch {
            return [
                Diagnosis(
                    .error, "local", "\(error)", advice: "remove \(folder.serveRecord); the next serve writes it anew")
            ]
        }
    }

    /// Who the emulator is, who uses it, and when it leaves.
    func words(on record: ServeRecord) throws -> String {
        let users = try EmulatorUser.all(in: folder)
        let text =
            "process \(record.pid) serves the endpoints at \(record.data) since \(record.started.zoned), "
            + (users.isEmpty ? "used by no process" : "used by \(users.words)")
        guard let idle = record.idle else { return text + "; it stays until it is ended" }
        guard users.isEmpty, let last = ServeLock.lastUse(folder) else {
            return text + "; it leaves once unused for \(idle.short)"
        }
        return text + "; unless a client sends a request, it leaves at \((last + idle).zoned)"
    }

    func otherProgram(_ record: ServeRecord) -> [Diagnosis] {
        let version = record.program?.version
        guard version != Program.version else { return [] }
        return [
            Diagnosis(
                .warning, "local",
                "process \(record.pid) is \(version.map { "Turnout \($0)" } ?? "an older Turnout"), and this is Turnout "
                    + Program.version,
                advice: "once it is unused, the next run replaces it; `turnout serve --stop` ends it now")
        ]
    }

    /// Files that only their owner may read.
    private func secrets() -> [Diagnosis] {
        [folder.token, folder.certificateKey].compactMap { path in
            guard let facts = FileFacts(path: path) else { return nil }
            guard facts.owner == geteuid(), facts.permissions & 0o077 == 0 else {
                let mode = String(facts.permissions, radix: 8)
                return Diagnosis(
                    .error, "secrets", "\(path) can be read or written by others (mode \(mode))",
                    advice: "remove it to get a new one, or `chmod 600` it if nobody has read it")
            }
            return Diagnosis(.ok, "secrets", "\(path) is its owner's alone")
        }
    }

    /// The authority that clients are told to trust.
    private func certificate() -> [Diagnosis] {
        let path = folder.certificate
        guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
        do {
            let certificate = try Certificate(pemEncoded: String(decoding: bytes, as: UTF8.self))
            let rest = Timestamp(certificate.notValidAfter) - now
            let day = Timestamp(certificate.notValidAfter).short.prefix(10)
            guard rest > .zero else {
                return [
                    Diagnosis(
                        .error, "certificate", "\(path) expired on \(day)",
                        advice: "the next serve makes a new one; give it to clients that trust the old one")
                ]
            }
            return [
                Diagnosis(
                    rest < .hours(24 * 30) ? .warning : .ok, "certificate", "\(path) is valid until \(day)",
                    advice: rest < .hours(24 * 30) ? "the next serve makes a new one" : nil)
            ]
        } catch {
            return [
                Diagnosis(
                    .error, "certificate", "\(path) is no certificate: \(error)",
                    advice: "remove it and \(folder.certificateKey); the next serve makes new ones")
            ]
        }
    }

    /// Servers whose emulator is gone.
    private func processes() -> [Diagnosis] {
        let left: [Int32]
        do {
            left = try folder.leftProcesses()
        } catch {
            return [Diagnosis(.warning, "processes", "what instances have left behind cannot be told: \(error)")]
        }
        guard !left.isEmpty else { return [] }
        let list = left.map(String.init).joined(separator: " ")
        return [
            Diagnosis(
                .warning, "processes", "servers of an emulator that is gone are still running: \(list)",
                advice: "the next serve or run ends them, or `kill -9 \(list)`")
        ]
    }
}
