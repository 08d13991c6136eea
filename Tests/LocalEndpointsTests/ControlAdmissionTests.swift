import AzureEndpoints
import Foundation
import HTTPTypes
import RolloutEngine
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Writes of Turnout's own client", .timeLimit(.minutes(2)))
struct ControlAdmissionTests {
    private func headers(_ key: String, epoch: Int = 1, kind: WriteHeaders.Kind? = nil) -> [String: String] {
        let context = ChangeContext(
            run: RunID(playbook: "safe-rollout", number: 1), stage: "canary", attempt: 1, idempotencyKey: key,
            epoch: epoch)
        return Dictionary(
            WriteHeaders(context, kind: kind).fields.map { ($0.name, $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    private let path = "onlineEndpoints/houses"

    @Test("a key has its effect once, and is not taken for another change")
    func idempotency() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                try await fixture.makeBlueLive()
                let away = ControlPlaneFixture.endpoint()
                let first = try await fixture.send(.put, path, away, headers: headers("k1", kind: .traffic))
                #expect(first.status == 201)
                try await fixture.settled(path)
                let back = try await fixture.send(.put, path, ControlPlaneFixture.endpoint(traffic: ["blue": 100]))
                #expect(back.status == 201)
                try await fixture.settled(path)
                let again = try await fixture.send(.put, path, away, headers: headers("k1", kind: .traffic))
                #expect(again.status == 200)
                #expect(try await fixture.settled(path).body["properties"]?["traffic"] == ["blue": 100])
                let other = try await fixture.send(.delete, path, headers: headers("k1", kind: .deleteEndpoint))
                #expect(other.status == 400 && other.error.message?.contains("used for another change") == true)
            }
            // Also after the process ended.
            try await ControlPlaneFixture.with(state) { fixture in
                let again = try await fixture.send(
                    .put, path, ControlPlaneFixture.endpoint(), headers: headers("k1", kind: .traffic))
                #expect(again.status == 200)
                let items = try await fixture.registry.history(of: "houses")
                #expect(items.map(\.number) == Array(1...items.count))
                #expect(
                    items.filter { $0.context?.idempotencyKey == "k1" }.map(\.hadEffect) == [true, false, false, false])
                #expect(items.first { $0.context?.idempotencyKey == "k1" }?.change == .setTraffic(.none))
            }
        }
    }

    @Test("an epoch that is over is fenced, also by an emulator that was started again")
    func fencing() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                let made = try await fixture.send(
                    .put, path, ControlPlaneFixture.endpoint(), headers: headers("a", epoch: 7))
                #expect(made.status == 201)
                try await fixture.settled(path)
                let late = try await fixture.send(.delete, path, headers: headers("b", epoch: 6))
                #expect(late.status == 412 && late.error.code == "Fenced")
            }
            try await ControlPlaneFixture.with(state) { fixture in
                let late = try await fixture.send(.delete, path, headers: headers("c", epoch: 6))
                #expect(late.status == 412 && late.error.code == "Fenced")
                #expect(try await fixture.send(.delete, path, headers: headers("d", epoch: 7)).status == 202)
            }
        }
    }

    @Test("half of the headers are refused, so that nothing goes unfenced")
    func halfHeaders() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                let answer = try await fixture.send(
                    .put, path, ControlPlaneFixture.endpoint(), headers: ["turnout-key": "k"])
                #expect(answer.status == 400)
                #expect(try await fixture.get(path).status == 404)
            }
        }
    }

    @Test("a server that refuses updating does so for a while, counted from the first change about it")
    func refusesUpdating() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                try await fixture.makeBlueLive()
                let path = "onlineEndpoints/houses/deployments/green"
                let forLong = ControlPlaneFixture.deployment(
                    profile: #"{"ready_after": "0s", "fault": "refuse_updating", "fault_after": "1h"}"#)
                let refused = try await fixture.send(.put, path, forLong)
                #expect(refused.status == 409)
                #expect(refused.error.message?.hasSuffix("it is in Updating provisioning state.") == true)
                #expect(try await fixture.get(path).status == 404)
                // What is not about it goes on, and so does it when its time is over.
                try await fixture.deploy("blue", count: 2)
                let path2 = "onlineEndpoints/houses/deployments/red"
                let atOnce = ControlPlaneFixture.deployment(
                    profile: #"{"ready_after": "0s", "fault": "refuse_updating", "fault_after": "0s"}"#)
                #expect(try await fixture.send(.put, path2, atOnce).status == 201)
                #expect(try await fixture.settled(path2).state == "Succeeded")
            }
        }
    }

    @Test("If-Match holds a change to the state that was read")
    func ifMatch() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                try await fixture.makeBlueLive()
                let etag = try #require(try await fixture.get(path).headers[.eTag])
                let body = ControlPlaneFixture.endpoint()
                let first = try await fixture.send(.put, path, body, headers: ["If-Match": etag])
                #expect(first.status == 201)
                try await fixture.settled(path)
                let second = try await fixture.send(
                    .put, path, ControlPlaneFixture.endpoint(traffic: ["blue": 100]), headers: ["If-Match": etag])
                #expect(second.status == 412 && second.error.code == "PreconditionFailed")
                #expect(try await fixture.get(path).body["properties"]?["traffic"] == [:])
                let missing = try await fixture.send(
                    .put, "onlineEndpoints/other", body, headers: ["If-Match": "*"])
                #expect(missing.status == 412)
            }
        }
    }

    @Test("Turnout's client may not delete an endpoint that has traffic; the cloud's clients may")
    func deletion() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                try await fixture.makeBlueLive()
                let refused = try await fixture.send(.delete, path, headers: headers("k"))
                #expect(refused.status == 400 && refused.error.message?.contains("non-zero traffic weight") == true)
                #expect(try await fixture.send(.delete, path).status == 202)
            }
        }
    }

    /// The SDK sends the present key as the wanted one, and gets another.
    private func regenerateKeys(_ present: Value, _ fixture: ControlPlaneFixture) async throws {
        func renew(_ kind: String, _ value: Value?) async throws -> (status: Int, keys: Value) {
            var body: [String: Value] = ["keyType": .string(kind)]
            body["keyValue"] = value
            let sent = try await fixture.send(.post, path + "/regenerateKeys", .mapping(body))
            return (sent.status, try await fixture.send(.post, path + "/listKeys").body)
        }
        let first = try await renew("Primary", present["primaryKey"])
        #expect(first.status == 200 && first.keys["primaryKey"] != present["primaryKey"])
        #expect(first.keys["secondaryKey"] == present["secondaryKey"])
        let second = try await renew("Secondary", nil)
        #expect(second.status == 200 && second.keys["secondaryKey"] != present["secondaryKey"])
        let chosen = try await renew("Primary", "a-key-of-my-own-choice")
        #expect(chosen.status == 200 && chosen.keys["primaryKey"] == "a-key-of-my-own-choice")
        for bad: Value in ["mine", "sixteen and more, with spaces", .string(String(repeating: "k", count: 257))] {
            let refused = try await renew("Primary", bad)
            #expect(refused.status == 400 && refused.keys["primaryKey"] == "a-key-of-my-own-choice")
        }
    }

    @Test("endpoints, keys and tokens are there again after the process ended, and work is taken up again")
    func restart() async throws {
        try await ScratchFolder.with { state in
            var keys: Value = .null
            try await ControlPlaneFixture.with(state) { fixture in
                try await fixture.makeBlueLive()
                keys = try await fixture.send(.post, path + "/listKeys").body
                #expect(keys["primaryKey"]?.string?.utf8.count ?? 0 >= 32 && keys["primaryKey"] != keys["secondaryKey"])
                let slow = ControlPlaneFixture.deployment(profile: #"{"ready_after": "150ms"}"#)
                #expect(try await fixture.send(.put, path + "/deployments/green", slow).status == 201)
            }
            try await ControlPlaneFixture.with(state) { fixture in
                #expect(try await fixture.send(.post, path + "/listKeys").body == keys)
                let green = try await fixture.settled(path + "/deployments/green")
                #expect(green.state == "Succeeded" && green.body["properties"]?["turnout"]?["ready"] == 1)
                try await fixture.ready(path + "/deployments/blue")
                let log = try await fixture.send(.post, path + "/deployments/blue/getLogs", ["tail": 100])
                #expect(log.body["content"]?.string?.contains("Started") == true)
                try await regenerateKeys(keys, fixture)
                #expect(try await fixture.send(.post, path + "/token").status == 400)
            }
            #expect(try ScratchFolder.mode(state + "/local/local.sqlite") == 0o600)
        }
    }
}
