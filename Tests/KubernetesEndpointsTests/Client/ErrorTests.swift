import FoundationEssentials
@testable import KubernetesEndpoints
import HTTPTransport
import RolloutTesting
import Rollouts
import Testing

@Suite("Refusals of the API server") struct ErrorTests {
    private func error(_ answer: @escaping @Sendable () throws -> StreamedResponse) async throws -> KubernetesError {
        let client = try ScriptedCluster { _, _ in try answer() }.client()
        return try #require(
            await #expect(throws: KubernetesError.self) {
                try await client.apply(
                    .services, KubernetesObject(.services, name: "houses", namespace: "models"))
            })
    }

    @Test(
        "have the server's reason and words",
        arguments: [
            (400, "BadRequest", .invalid), (401, "Unauthorized", .unauthorized), (403, "Forbidden", .forbidden),
            (404, "NotFound", .notFound), (405, "MethodNotAllowed", .invalid), (409, "AlreadyExists", .alreadyExists),
            (409, "Conflict", .conflict), (410, "Expired", .expired), (410, "Gone", .expired),
            (422, "Invalid", .invalid), (408, "Timeout", .unavailable), (500, "InternalError", .unavailable),
            (503, "ServiceUnavailable", .unavailable), (504, "Timeout", .unavailable),
        ] as [(Int, String, KubernetesError.Code)])
    func reasons(status: Int, reason: String, code: KubernetesError.Code) async throws {
        let found = try await error { try .refusal(status, reason, "services \"houses\" is so") }
        #expect(found.code == code && found.status == status && found.reason == reason)
        #expect(found.description == "apply services houses: services \"houses\" is so")
        #expect(found.mayHaveTakenEffect == (code == .unavailable))
    }

    @Test("what is wrong with each field is kept")
    func causes() async throws {
        let found = try await error {
            try .refusal(
                422, "Invalid", "Service \"houses\" is invalid",
                details: [
                    "causes": [
                        ["reason": "FieldValueInvalid", "message": "Invalid value: 0", "field": "spec.ports[0]"]
                    ]
                ])
        }
        #expect(
            found.causes == [.init(reason: "FieldValueInvalid", message: "Invalid value: 0", field: "spec.ports[0]")])
    }

    @Test(
        "a conflict of apply names the other managers and the fields",
        arguments: [
            (#"conflict with "kubectl-edit" using apps/v1"#, "kubectl-edit"),
            (#"conflict with "argocd-controller" using apps/v1 at 2026-11-22T10:15:30Z"#, "argocd-controller"),
            (#"conflict with "kubectl" with subresource "scale" using apps/v1"#, "kubectl"),
            (#"conflict with "a \"quoted\" \\ name" using v1"#, #"a "quoted" \ name"#),
            ("something else", "another manager"), (#"conflict with "no end"#, "no end"),
        ])
    func fieldConflict(message: String, manager: String) async throws {
        let found = try await error {
            try .refusal(
                409, "Conflict", "Apply failed with 1 conflict",
                details: [
                    "causes": [
                        ["reason": "FieldManagerConflict", "message": .string(message), "field": ".spec.replicas"]
                    ]
                ])
        }
        #expect(found.code == .fieldConflict([FieldConflict(manager: manager, field: ".spec.replicas")]))
    }

    @Test("what is no Status leaves only the number; a text of a proxy is not told")
    func foreign() async throws {
        for body in [
            "<html>secret</html>", "", "{}", "[]", #"{"kind":"Status"}"#, #"{"kind":"Pod","message":"secret"}"#,
        ] {
            let found = try await error {
                StreamedResponse(status: 403, body: HTTPBody([Array(body.utf8)]))
            }
            #expect(found.code == .forbidden)
            #expect(found.message == "the server returned HTTP status 403 without a reason")
        }
    }

    @Test("any Status is read without a crash", arguments: 0..<30)
    func anyStatus(seed: UInt64) async throws {
        var dice = Dice(seed: seed)
        for _ in 0..<20 {
            var members: [String: Value] = ["kind": "Status"]
            for key in ["code", "reason", "message", "details", "metadata"] {
                members[key] = dice.maybe { randomValue(&$0, depth: 3) }
            }
            if dice.number(0...1) == 0 {
                members["details"] = ["causes": randomValue(&dice, depth: 3), "retryAfterSeconds": .integer(.max)]
            }
            let status = StatusResponse(.mapping(members))
            let error = KubernetesError(dice.number(400...599), status, request: "get x")
            #expect(!error.message.isEmpty)
        }
    }

    @Test("an answer that is too long, or is no JSON, is malformed")
    func malformed() async throws {
        let long = try ScriptedCluster { _, _ in
            StreamedResponse(
                status: 200, body: HTTPBody(Array(repeating: [UInt8](repeating: 0x20, count: 1 << 20), count: 65)))
        }.client()
        let tooLong = await #expect(throws: KubernetesError.self) { try await long.get(.services, "x", in: "models") }
        #expect(tooLong?.code == .malformedResponse)
        let wrong = try ScriptedCluster { _, _ in
            StreamedResponse(status: 200, body: HTTPBody([Array("{\"a\":".utf8)]))
        }.client()
        let noJSON = await #expect(throws: KubernetesError.self) { try await wrong.get(.services, "x", in: "models") }
        #expect(noJSON?.code == .malformedResponse)
    }
}
