import AzureEndpoints
import Foundation
import LocalEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@Suite("Outcomes across a restart", .integration, .timeLimit(.minutes(2)))
struct OutcomeRestartTests {
    @Test("what a cursor stands for is told once, whichever emulator counted it, and the restart is told")
    func restart() async throws {
        try await LocalBackendFixture.withState { state in
            var cursor = 0
            try await LocalBackendFixture.with(state: state) { backend, _ in
                let bench = BackendBench(backend, clock: SystemClock(), step: .milliseconds(20))
                try await bench.makeBlueLive()
                try await invoke(backend, bench.endpoint, times: 5)
                cursor = try await backend.outcomes(of: bench.endpoint, since: nil).cursor
                try await invoke(backend, bench.endpoint, times: 3)
            }
            try await LocalBackendFixture.with(state: state) { backend, _ in
                let endpoint = BackendBench(backend, clock: SystemClock(), step: .milliseconds(20)).endpoint
                #expect(
                    try await eventually { try await backend.observe(endpoint)?.deployment("blue")?.isReady == true })
                try await invoke(backend, endpoint, times: 2)
                let reading = try await backend.outcomes(of: endpoint, since: cursor)
                #expect(reading.continuity == .restarted)
                #expect(reading.deployments["blue"]?.requests == 5)
                #expect(reading.deployments["blue"]?.latencies.reduce(0, +) == 5)
                let next = try await backend.outcomes(of: endpoint, since: reading.cursor)
                #expect(next.continuity == .whole)
                #expect(next.deployments["blue"]?.requests == 0)
            }
        }
    }

    private func invoke(_ backend: AzureBackend, _ endpoint: Name, times: Int) async throws {
        for _ in 0..<times { _ = try await backend.invoke(endpoint, deployment: nil, .sample) }
    }
}
