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

/// Diagnoses the folder of the local endpoints without changing it.
struct LocalDoctor {
    var folder: LocalFolder
    var now: Timestamp

    func look() async -> [Diagnosis] {
        guard FileManager.default.fileExists(atPath: folder.path) else {
            return [Diagnosis(.ok, "local", "no endpoint has been served here yet")]
        }
        return await emulator() + secrets() + certificate() + processes()
    }

    /// Whether an emulator serves the endpoints and answers.
    private func emulator() async -> [Diagnosis] {
        do {
            let record = try ServeRecord.read(folder)
            switch (try ServeLock.isHeld(folder), record) {
            case (true, let record?):
                guard await Health.isHealthy(record) else {
                    return [
                        Diagnosis(
                            .error, "local", "process \(record.pid) holds \(folder.path) but does not answer",
                            advice:
                                "end it with `kill -9 \(record.pid)`; the next run or serve brings its endpoints back"
                        )
                    ]
                }
                return try [Diagnosis(.ok, "local", words(on: record))] + otherProgram(record)
            case (true, nil):
                return [
                    Diagnosis(
                        .warning, "local",
                        "another process holds \(folder.serveLock) but has not recorded where it listens",
                        advice:
                            "check again later; if this persists, find the process with `fuser \(folder.serveLock)`"
                    )
                ]
            case (false, let record?):
                return [
                    Diagnosis(
                        .warning, "local",
                        "process \(record.pid), which served the endpoints, was killed; they are not served now",
                        advice: "`turnout serve` or the next run serves them again")
                ]
            case (false, nil):
                return [Diagnosis(.ok, "local", "the local endpoints are not served now; the next run serves them")]
            }
        } catch {
            return [
                Diagnosis(
                    .error, "local", "\(error)",
                    advice: "remove \(folder.serveRecord); the next `turnout serve` writes a new one"
                )
            ]
        }
    }

    /// Describes the emulator's process, the processes that use it, and when it will stop.
    func words(on record: ServeRecord) throws -> String {
        let users = try EmulatorUser.all(in: folder)
        let text =
            "process \(record.pid) has served the endpoints at \(record.data) since \(record.started.zoned), "
            + (users.isEmpty ? "used by no process" : "used by \(users.words)")
        guard let idle = record.idle else { return text + "; it runs until it is stopped" }
        guard users.isEmpty, let last = ServeLock.lastUse(folder) else {
            return text + "; it stops after being unused for \(idle.short)"
        }
        return text + "; it stops at \((last + idle).zoned) unless a client sends a request"
    }

    func otherProgram(_ record: ServeRecord) -> [Diagnosis] {
        let version = record.program?.version
        guard version != Program.version else { return [] }
        return [
            Diagnosis(
                .warning, "local",
                "process \(record.pid) runs \(version.map { "Turnout \($0)" } ?? "an older Turnout"), but this is "
                    + "Turnout \(Program.version)",
                advice: "the next run replaces it once it is unused; `turnout serve --stop` stops it now")
        ]
    }

    /// Checks that secrets can be accessed only by their owner.
    private func secrets() -> [Diagnosis] {
        [folder.token, folder.certificateKey].compactMap { path in
            guard let facts = FileFacts(path: path) else { return nil }
            guard facts.owner == geteuid(), facts.permissions & 0o077 == 0 else {
                let mode = String(facts.permissions, radix: 8)
                return Diagnosis(
                    .error, "secrets", "other users can read or write \(path) (mode \(mode))",
                    advice: "remove it to get a new one; or, if no other user has read it, run `chmod 600 \(path)`")
            }
            return Diagnosis(.ok, "secrets", "only its owner can access \(path)")
        }
    }

    /// Checks the certificate authority that clients trust.
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
                        advice:
                            "the next `turnout serve` creates a new one; give it to the clients that trust the old one")
                ]
            }
            return [
                Diagnosis(
                    rest < .hours(24 * 30) ? .warning : .ok, "certificate", "\(path) is valid until \(day)",
                    advice: rest < .hours(24 * 30) ? "the next `turnout serve` creates a new one" : nil)
            ]
        } catch {
            return [
                Diagnosis(
                    .error, "certificate", "\(path) is not a certificate: \(error)",
                    advice: "remove it and \(folder.certificateKey); the next `turnout serve` creates new ones")
            ]
        }
    }

    /// Finds servers that outlived their emulator.
    private func processes() -> [Diagnosis] {
        let left: [Int32]
        do {
            left = try folder.orphanedProcesses()
        } catch {
            return [
                Diagnosis(.warning, "processes", "cannot look for processes that instances left behind: \(error)")
            ]
        }
        guard !left.isEmpty else { return [] }
        let list = left.map(String.init).joined(separator: " ")
        return [
            Diagnosis(
                .warning, "processes", "servers of an emulator that has ended are still running: \(list)",
                advice: "the next `turnout serve` or run ends them; to end them now, run `kill -9 \(list)`")
        ]
    }
}
