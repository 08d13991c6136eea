import AzureEndpoints
import Foundation
import HTTPTransport
import LocalEndpoints
import Logging
import PlaybookSyntax
import RolloutEngine
import Rollouts
import Testing

/// An emulator in this process with simulated instances, and the client that speaks to it over TLS.
enum LocalBackendFixture {
    static func with(
        times: ProvisioningTimes = .none, _ body: (AzureBackend) async throws -> Void
    ) async throws {
        try await withRecord(times: times) { backend, _ in try await body(backend) }
    }

    /// Also tells where the emulator listens.
    static func withRecord(
        times: ProvisioningTimes = .none, _ body: (AzureBackend, ServeRecord) async throws -> Void
    ) async throws {
        try await withState { try await with(state: $0, times: times, body) }
    }

    /// Gives a state folder that is removed afterwards.
    static func withState(_ body: (String) async throws -> Void) async throws {
        let state = FileManager.default.temporaryDirectory.path + "/turnout-local-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: state) } catch { Issue.record(error) }
        }
        try await body(state)
    }

    /// An emulator on what the last one in this folder has left.
    static func with(
        state: String, times: ProvisioningTimes = .none, _ body: (AzureBackend, ServeRecord) async throws -> Void
    ) async throws {
        let folder = LocalFolder(state: state)
        let emulator = try Emulator(
            .init(folder: folder, yaml: pythonYAMLValue(of:), threads: 1, times: times),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let record = try await emulator.start()
        let backend = try backend(of: record, in: folder)
        do {
            try await body(backend, record)
        } catch {
            Issue.record(error)
        }
        await backend.close()
        await emulator.stop(draining: .seconds(1))
    }

    private static func backend(of record: ServeRecord, in folder: LocalFolder) throws -> AzureBackend {
        let token = try String(contentsOfFile: folder.token, encoding: .utf8).filter { !$0.isWhitespace }
        let client = AzureClient(
            workspace: .local, transport: try NetworkTransport.trusting(.file(folder.certificate))
        ) { AzureConnection(origin: record.control) { token } }
        return AzureBackend(
            client, flavour: .emulator,
            properties: [TurnoutProperty.instances: #"{"simulate":{"latency":{"p50":"1ms","p99":"2ms"}}}"#],
            yaml: pythonYAMLValue(of:))
    }
}
