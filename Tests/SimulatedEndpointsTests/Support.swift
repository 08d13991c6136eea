import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import SimulatedEndpoints
import Testing

/// Where simulated endpoints are kept in a test.
enum StoreKind: CaseIterable {
    case memory, file

    func withStore<Result>(_ body: (any SimulatedStore) async throws -> Result) async throws -> Result {
        switch self {
        case .memory: return try await body(MemoryStore())
        case .file: return try await withFolder { try await body(try SQLiteStore(folder: $0)) }
        }
    }
}

/// Gives a folder that is removed afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.path + "/turnout-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do {
        let result = try await body(folder)
        try FileManager.default.removeItem(atPath: folder)
        return result
    } catch {
        try FileManager.default.removeItem(atPath: folder)
        throw error
    }
}

/// A bench on a simulated backend in memory.
struct Simulation {
    let backend: SimulatedBackend
    let clock: ManualClock
    let bench: BackendBench

    init(
        _ settings: SimulationSettings = SimulationSettings(), store: any SimulatedStore = MemoryStore(),
        at time: Timestamp = .sample
    ) {
        clock = ManualClock(time)
        backend = SimulatedBackend(store: store, clock: clock, settings: settings)
        bench = BackendBench(backend, clock: clock)
    }

    init(green: DeploymentProfile) {
        self.init(SimulationSettings(profiles: ["green": green]))
    }

    var endpoint: Name { bench.endpoint }

    func snapshot() throws -> EndpointSnapshot { try #require(try backend.observe(endpoint)) }
    func green() throws -> DeploymentSnapshot { try #require(try snapshot().deployment("green")) }
}
