import FoundationEssentials
import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@Suite struct CompactJSONTests {
    private static let document: Value = [
        "text": "a \"quoted\" \\ line\n\u{1}\u{1F}\u{7F} ü 🚂 / \u{2028}", "number": .number(0.1), "whole": .integer(-7),
        "large": .number(1e300), "small": .number(1e-300), "none": .null, "flag": true, "empty": "",
        "list": [1, [], [:]],
    ]

    private static var observation: Observation {
        let blue = DeploymentDefinition(name: "blue", endpoint: "shop", instanceType: "m", document: document)
        return .present(
            EndpointSnapshot(
                definition: EndpointDefinition(name: "shop", document: document),
                traffic: DesiredAndActual(["blue": 90, "green": 10]),
                deployments: [DeploymentSnapshot(definition: blue, reason: "starts")]))
    }

    private static var record: RunRecord {
        var record = RunRecord(
            id: .first, backend: "simulated", endpoint: "shop", planHash: "hash",
            parent: .init(run: .second, stage: "canary"), starter: .ada, started: .distantFuture)
        record.baseline = observation
        record.phase = .held(
            Hold(cause: .drift([Difference(what: "traffic", expected: "10", observed: "20")]), reason: "drift"))
        return record
    }

    @Test(
        "what is written is what Foundation reads",
        arguments: [
            .runStarted(record, inherited: []), .baselineObserved(.never), .baselineObserved(observation),
            .changeAccepted,
            .runResumed(by: .ada, epoch: 3, note: nil), .requestMade(.approval()),
            .attemptStarted(
                Attempt(
                    number: 1, deadline: .distantFuture,
                    steps: [
                        .run(Command(words: ["a", "b c"], environment: ["K": "v"])),
                        .invoke(
                            Invocation(
                                deployment: nil, request: InferenceRequest(body: "{}"),
                                expect: .init(within: .zero, json: document))),
                    ], intent: Intent(key: "k", before: .absent))),
            .planAdopted(
                hash: "h",
                stages: [StageRecord(name: "s", action: .mirrorTraffic), StageRecord(name: "t", action: .run)],
                differences: []), .runHeld(Hold(cause: .failed, reason: "")),
            .runEnded(.rolledBack, reason: "r", observed: observation),
        ] as [RunEvent])
    func roundTrip(_ event: RunEvent) throws {
        let bytes = try CompactJSON.encode(event)
        #expect(try JSONDecoder().decode(RunEvent.self, from: bytes) == event)
        // Equal as JSON, not only to this decoder: the same members as Foundation's encoder writes.
        let ours = try JSONDecoder().decode(Value.self, from: bytes)
        #expect(try ours == JSONDecoder().decode(Value.self, from: JSONEncoder().encode(event)))
    }

    @Test("what JSON has no word for is refused, and so is what Foundation writes in its own way")
    func refused() throws {
        #expect(throws: EncodingError.self) { try CompactJSON.encode(Double.nan) }
        #expect(throws: EncodingError.self) { try CompactJSON.encode([Double.infinity]) }
        #expect(throws: EncodingError.self) { try CompactJSON.encode(["bytes": Data([1])]) }
        #expect(throws: EncodingError.self) { try CompactJSON.encode([Date()]) }
    }
}
