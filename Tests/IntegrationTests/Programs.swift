import Foundation
import Testing

/// Other people's programs.
enum Programs {
    /// A Python that has `packages`, kept under `name` for later runs of the tests; installs it where it isn't there.
    static func python(_ name: String, with packages: [String]) async throws -> String {
        let cache = (environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/turnout-tests"
        let folder = cache + "/" + name
        let python = folder + "/bin/python"
        let ready = folder + "/turnout-ready"
        guard !FileManager.default.fileExists(atPath: ready) else { return python }
        // What a killed installation left is made anew.
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        for arguments in [
            ["python3", "-m", "venv", folder], [python, "-m", "pip", "install", "-q"] + packages,
        ] {
            let end = try await run("/usr/bin/env", arguments)
            try #require(end.status == 0, "\(arguments): \(end.output)")
        }
        try Data().write(to: URL(filePath: ready))
        return python
    }

    /// Runs a program to its end, off the threads that Swift's tasks share.
    static func run(_ program: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        let pipe = Pipe()
                        process.executableURL = URL(filePath: program)
                        process.arguments = arguments
                        process.standardOutput = pipe
                        process.standardError = pipe
                        process.standardInput = FileHandle.nullDevice
                        try process.run()
                        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
                    })
            }
        }
    }
}
