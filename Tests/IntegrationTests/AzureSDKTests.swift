import Foundation
import Rollouts
import Testing

@testable import LocalEndpoints

/// Microsoft's `azure-ai-ml`, unmodified from PyPI, goes through the article; it is installed once and kept for later
/// runs of the tests.
@Suite("The Azure SDK", .integration, .serialized, .timeLimit(.minutes(15)))
struct AzureSDKTests {
    @Test("goes through the whole article, and is refused what the cloud refuses", arguments: ["simulated", "python"])
    func article(kind: String) async throws {
        let python = try await AzureSDK.python()
        // Long enough that the SDK meets an endpoint that is Updating.
        try await EmulatorFixture.with(times: ProvisioningTimes(traffic: .milliseconds(800))) { fixture in
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "azure_sdk_article.py")
                .path
            let samples = TurnoutHome.repository.path + "/Playbooks/samples"
            let end = try await AzureSDK.run(python, [script, fixture.record.control, fixture.state, samples, kind])
            #expect(end.status == 0 && end.output.hasSuffix("all steps passed\n"), "\(end.output)")
        }
    }
}

/// The SDK's virtual environment, and programs that are run in it.
enum AzureSDK {
    private static let version = "1.35.2"

    /// The interpreter that has the SDK; installs it where it is not there yet.
    static func python() async throws -> String {
        let cache = (environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/turnout-tests"
        let folder = cache + "/azure-ai-ml-\(version)"
        let python = folder + "/bin/python"
        let ready = folder + "/turnout-ready"
        guard !FileManager.default.fileExists(atPath: ready) else { return python }
        // What a killed installation left is made anew.
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        for arguments in [
            ["python3", "-m", "venv", folder], [python, "-m", "pip", "install", "-q", "azure-ai-ml==\(version)"],
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
