package import RolloutEngine
package import Rollouts
internal import Synchronization
package import Testing

/// A backend without the endpoint `houses`, and the clock on which its changes become so.
package final class BackendBench: Sendable {
    package let backend: any Backend
    package let clock: any RunClock
    /// How long is waited between two observations, and for one change in all.
    private let step: Interval
    private let patience: Interval
    private let keys = Atomic(0)

    package let endpoint = EndpointDefinition.sample.name

    /// On a backend with a real clock, pass a short `step`.
    package init(
        _ backend: any Backend, clock: any RunClock, step: Interval = .seconds(5), patience: Interval = .hours(1)
    ) {
        self.backend = backend
        self.clock = clock
        self.step = step
        self.patience = patience
    }

    /// A context with a key that was never used.
    package func context(epoch: Int = 1) -> ChangeContext {
        .sample("key-\(keys.add(1, ordering: .relaxed).newValue)", epoch: epoch)
    }

    /// Asks for the change, and waits until it is observed to be so.
    package func make(_ change: Change, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await backend.apply(change, to: endpoint, as: context())
        try await wait("\(change) to be done", sourceLocation: sourceLocation) { change.isDone(in: $0) }
    }

    /// The endpoint with blue and green ready, and all traffic at blue.
    package func makeBlueLive() async throws {
        try await make(.putEndpoint(.sample))
        try await make(.putDeployment(.blue))
        try await make(.putDeployment(.green))
        try await make(.setTraffic(["blue": 100]))
    }

    package func wait(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
        until holds: (EndpointSnapshot?) -> Bool
    ) async throws {
        let deadline = clock.now() + patience
        while clock.now() < deadline {
            if holds(try await backend.observe(endpoint)) { return }
            try await clock.sleep(until: clock.now() + step)
        }
        Issue.record("waited \(patience) for \(what)", sourceLocation: sourceLocation)
    }

    /// Expects that the change is refused for good and changes nothing.
    package func expectRefused(
        _ change: Change, as context: ChangeContext? = nil, code: BackendError.Code = .refused,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await backend.observe(endpoint)
        let error = await #expect(throws: BackendError.self, sourceLocation: sourceLocation) {
            try await self.backend.apply(change, to: self.endpoint, as: context ?? self.context())
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(error?.message.isEmpty == false, sourceLocation: sourceLocation)
        let after = try await backend.observe(endpoint)
        #expect(after?.wanted == before?.wanted, sourceLocation: sourceLocation)
    }
}

/// What was asked for, without what changes by itself.
private struct Requested: Equatable {
    var traffic: Traffic
    var mirrorTraffic: Traffic
    var definitions: [DeploymentDefinition]
    var instances: [Int]
}

extension EndpointSnapshot {
    fileprivate var wanted: Requested {
        Requested(
            traffic: traffic.wanted, mirrorTraffic: mirrorTraffic.wanted, definitions: deployments.map(\.definition),
            instances: deployments.map(\.instances.wanted))
    }
}
