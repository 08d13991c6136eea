internal import RolloutEngine
internal import Rollouts
internal import Testing

/// What every backend keeps.
///
/// A test of a backend runs every clause on a fresh one:
/// ```
/// @Test("keeps the contract", arguments: BackendContract.clauses)
/// func contract(_ clause: BackendContract.Clause) async throws {
///     try await clause.check(BackendBench(MyBackend(), clock: clock))
/// }
/// ```
package enum BackendContract {
    package struct Clause: Sendable, CustomTestStringConvertible {
        /// What holds.
        package let testDescription: String
        package let check: @Sendable (BackendBench) async throws -> Void
    }

    package static let clauses: [Clause] = lifecycle + traffic + changes + requests

    private static let lifecycle: [Clause] = [
        Clause(testDescription: "an endpoint that was never defined is not there") { bench in
            let found = try await bench.backend.observe(bench.endpoint)
            #expect(found == nil)
        },
        Clause(testDescription: "endpoint and deployment become what was asked for") { bench in
            try await bench.make(.putEndpoint(.sample))
            try await bench.make(.putDeployment(.sample("blue", instances: 2)))
            let endpoint = try #require(try await bench.backend.observe(bench.endpoint))
            #expect(endpoint.kind == bench.backend.capabilities.kind)
            #expect(endpoint.state == .succeeded)
            #expect(endpoint.traffic == DesiredAndActual(.none))
            #expect(endpoint.deployment("blue")?.instances == .init(wanted: 2, ready: 2))
            #expect(
                endpoint.deployment("blue")?.definition.document
                    == DeploymentDefinition.sample("blue", instances: 2).document)
        },
        Clause(testDescription: "a deployment is scaled up and down") { bench in
            try await bench.make(.putEndpoint(.sample))
            try await bench.make(.putDeployment(.blue))
            try await bench.make(.scale("blue", instanceCount: 3))
            #expect(try await bench.backend.observe(bench.endpoint)?.deployment("blue")?.instances.ready == 3)
            try await bench.make(.scale("blue", instanceCount: 1))
            #expect(try await bench.backend.observe(bench.endpoint)?.deployment("blue")?.instances.ready == 1)
        },
        Clause(testDescription: "nothing is deployed where there is no endpoint") { bench in
            try await bench.expectRefused(.putDeployment(.blue))
            try await bench.expectRefused(.setTraffic(["blue": 100]))
        },
        Clause(testDescription: "a deployment with traffic is not deleted; without it, it is") { bench in
            try await bench.makeBlueLive()
            try await bench.expectRefused(.deleteDeployment("blue"))
            try await bench.make(.setTraffic(["green": 100]))
            try await bench.wait("blue to be idle") { $0?.deployment("blue")?.inFlight == 0 }
            try await bench.make(.deleteDeployment("blue"))
            #expect(try await bench.backend.observe(bench.endpoint)?.deployments.map(\.name) == ["green"])
        },
        Clause(testDescription: "an endpoint without traffic is deleted with its deployments") { bench in
            try await bench.makeBlueLive()
            try await bench.make(.setTraffic(.none))
            try await bench.make(.deleteEndpoint)
            #expect(try await bench.backend.observe(bench.endpoint) == nil)
        },
    ]

    private static let traffic: [Clause] = [
        Clause(testDescription: "traffic to what does not exist is refused") { bench in
            try await bench.makeBlueLive()
            try await bench.expectRefused(.setTraffic(["unknown": 100]))
        },
        Clause(testDescription: "traffic that sums neither to 0 nor to 100 is refused") { bench in
            try await bench.makeBlueLive()
            try await bench.expectRefused(.setTraffic(["blue": 90]))
            try await bench.expectRefused(.setTraffic(["blue": 90, "green": 20]))
            try await bench.expectRefused(.setTraffic(["blue": 110, "green": -10]))
        },
        Clause(testDescription: "traffic becomes what was asked for, in every step") { bench in
            try await bench.makeBlueLive()
            for traffic: Traffic in [["blue": 90, "green": 10], ["green": 100], .none] {
                try await bench.make(.setTraffic(traffic))
                #expect(try await bench.backend.observe(bench.endpoint)?.traffic == DesiredAndActual(traffic))
            }
        },
        Clause(testDescription: "traffic is mirrored within the rules, or never") { bench in
            try await bench.makeBlueLive()
            guard let limit = bench.backend.capabilities.mirrorLimit else {
                try await bench.expectRefused(.setMirrorTraffic(["green": 10]))
                return
            }
            try await bench.expectRefused(.setMirrorTraffic(["green": limit + 1]))
            try await bench.expectRefused(.setMirrorTraffic(["blue": 10]))
            try await bench.make(.setMirrorTraffic(["green": 10]))
            try await bench.expectRefused(.setTraffic(["blue": 90, "green": 10]))
            try await bench.expectRefused(.deleteDeployment("green"))
            try await bench.make(.setMirrorTraffic(.none))
            try await bench.make(.setTraffic(["blue": 90, "green": 10]))
        },
    ]

    private static let changes: [Clause] = [
        Clause(testDescription: "a change that is sent again with its key has one effect") { bench in
            try await bench.make(.putEndpoint(.sample))
            let context = bench.context()
            try await bench.backend.apply(.putDeployment(.blue), to: bench.endpoint, as: context)
            try await bench.backend.apply(.putDeployment(.blue), to: bench.endpoint, as: context)
            try await bench.wait("blue to be ready") { $0?.deployment("blue")?.isReady == true }
            let before = try await bench.backend.observe(bench.endpoint)
            try await bench.backend.apply(.putDeployment(.blue), to: bench.endpoint, as: context)
            #expect(try await bench.backend.observe(bench.endpoint) == before)
        },
        Clause(testDescription: "what is already so is accepted and changes nothing") { bench in
            try await bench.makeBlueLive()
            let before = try await bench.backend.observe(bench.endpoint)
            for change: Change in [.putEndpoint(.sample), .putDeployment(.blue), .setTraffic(["blue": 100])] {
                try await bench.backend.apply(change, to: bench.endpoint, as: bench.context())
            }
            try await bench.backend.apply(.deleteDeployment("red"), to: bench.endpoint, as: bench.context())
            #expect(try await bench.backend.observe(bench.endpoint) == before)
        },
        Clause(testDescription: "a lower epoch than one that was seen is fenced") { bench in
            try await bench.makeBlueLive()
            try await bench.backend.apply(
                .setTraffic(["blue": 50, "green": 50]), to: bench.endpoint, as: bench.context(epoch: 7))
            let late = bench.context(epoch: 6)
            try await bench.expectRefused(.setTraffic(["green": 100]), as: late, code: .fenced)
        },
        Clause(testDescription: "what is being changed refuses another change for now") { bench in
            try await bench.make(.putEndpoint(.sample))
            try await bench.backend.apply(
                .putDeployment(.blue), to: bench.endpoint, as: bench.context())
            let blue = try #require(try await bench.backend.observe(bench.endpoint)?.deployment("blue"))
            guard blue.state.isBusy else {
                // It was so at once, and takes the next change.
                #expect(blue.isReady)
                return try await bench.make(.scale("blue", instanceCount: 2))
            }
            let error = await #expect(throws: BackendError.self) {
                try await bench.backend.apply(
                    .scale("blue", instanceCount: 2), to: bench.endpoint, as: bench.context())
            }
            guard case .busy(let interval) = error?.code else {
                Issue.record("busy was expected, not \(String(describing: error))")
                return
            }
            #expect(interval > .zero)
        },
    ]

    private static let requests: [Clause] = [
        Clause(testDescription: "a named deployment answers, with traffic or without") { bench in
            try await bench.makeBlueLive()
            for name: Name in ["blue", "green"] {
                let response = try await bench.backend.invoke(bench.endpoint, deployment: name, .sample)
                #expect(response.status == 200)
                #expect(response.deployment == name)
                #expect(response.latency >= .zero)
            }
        },
        Clause(testDescription: "requests go where the traffic is") { bench in
            try await bench.makeBlueLive()
            for _ in 0..<20 {
                let response = try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample)
                #expect(response.deployment == "blue")
            }
            try await bench.make(.setTraffic(["blue": 50, "green": 50]))
            var answered: Set<Name> = []
            for _ in 0..<100 {
                let response = try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample)
                response.deployment.map { _ = answered.insert($0) }
            }
            #expect(answered == ["blue", "green"])
        },
        Clause(testDescription: "without a deployment there is 404") { bench in
            try await bench.makeBlueLive()
            let unknown = try await bench.backend.invoke(bench.endpoint, deployment: "unknown", .sample)
            #expect(unknown.status == 404)
            try await bench.make(.setTraffic(.none))
            let nobody = try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample)
            #expect(nobody.status == 404)
        },
        Clause(testDescription: "outcomes are reported once per cursor, or never") { bench in
            try await bench.makeBlueLive()
            let begin = try await bench.backend.outcomes(of: bench.endpoint, since: nil).cursor
            for _ in 0..<10 { _ = try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample) }
            let first = try await bench.backend.outcomes(of: bench.endpoint, since: begin)
            guard bench.backend.capabilities.reportsOutcomes else {
                return #expect(first == OutcomeReading(cursor: begin))
            }
            #expect(first.deployments["blue"]?.requests == 10)
            #expect(first.deployments["blue"]?.latencies.reduce(0, +) == 10)
            let again = try await bench.backend.outcomes(of: bench.endpoint, since: begin)
            #expect(again.deployments == first.deployments)
            let next = try await bench.backend.outcomes(of: bench.endpoint, since: first.cursor)
            #expect(next.deployments.values.allSatisfy { $0.requests == 0 })
            #expect([begin, first.cursor].allSatisfy { $0 <= next.cursor })
            #expect([first, again, next].allSatisfy { $0.continuity == .whole })
        },
        Clause(testDescription: "outcomes since a cursor that was never given are lost, and go on") { bench in
            try await bench.makeBlueLive()
            for _ in 0..<3 { _ = try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample) }
            let lost = try await bench.backend.outcomes(of: bench.endpoint, since: 4711)
            guard bench.backend.capabilities.reportsOutcomes else {
                return #expect(lost == OutcomeReading(cursor: 4711))
            }
            #expect(lost.continuity == .lost)
            #expect(lost.deployments.isEmpty)
            _ = try await bench.backend.invoke(bench.endpoint, deployment: nil, .sample)
            let next = try await bench.backend.outcomes(of: bench.endpoint, since: lost.cursor)
            #expect(next.continuity == .whole)
            #expect(next.deployments["blue"]?.requests == 1)
        },
        Clause(testDescription: "a deployment has a log, oldest line first") { bench in
            try await bench.makeBlueLive()
            let lines = try await bench.backend.logs(of: bench.endpoint, deployment: "blue", tail: 100)
            #expect(!lines.isEmpty)
            #expect(lines.map(\.at) == lines.map(\.at).sorted())
            #expect(try await bench.backend.logs(of: bench.endpoint, deployment: "blue", tail: 1) == lines.suffix(1))
        },
    ]
}
