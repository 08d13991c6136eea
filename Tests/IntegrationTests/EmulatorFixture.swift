import Foundation
import Logging
import PlaybookSyntax
import Rollouts
import Testing

@testable import LocalEndpoints

/// An emulator in this process, with a state folder of its own that is removed afterwards.
struct EmulatorFixture {
    let state: String
    let emulator: Emulator
    let record: ServeRecord

    static func with(
        times: ProvisioningTimes = ProvisioningTimes(), _ body: (EmulatorFixture) async throws -> Void
    ) async throws {
        let state = FileManager.default.temporaryDirectory.path + "/turnout-emulator-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: state) } catch { Issue.record(error) }
        }
        let emulator = try Self.emulator(state, times: times)
        let record = try await emulator.start()
        do {
            try await body(EmulatorFixture(state: state, emulator: emulator, record: record))
        } catch {
            Issue.record(error)
        }
        await emulator.stop(draining: .seconds(1))
    }

    static func emulator(_ state: String, times: ProvisioningTimes = ProvisioningTimes()) throws -> Emulator {
        try Emulator(
            .init(folder: LocalFolder(state: state), yaml: pythonYAMLValue(of:), threads: 1, times: times),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
