import Foundation
import HTTPTypes
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("The control plane", .timeLimit(.minutes(2)))
struct ControlPlaneTests {
    private func with(times: ProvisioningTimes = .none, _ body: (ControlPlaneFixture) async throws -> Void) async throws
    {
        try await ScratchFolder.with { try await ControlPlaneFixture.with($0, times: times, body) }
    }

    @Test("an endpoint is created, and told in whatever case it is asked for")
    func create() async throws {
        try await with(times: ProvisioningTimes(endpoint: .milliseconds(50))) { fixture in
            let made = try await fixture.send(.put, "onlineEndpoints/Houses", ControlPlaneFixture.endpoint())
            #expect(made.status == 201 && made.state == "Creating")
            #expect(made.headers[.retryAfter] == "1")
            let poll = try #require(made.headers[ARMHeader.asyncOperation])
            #expect(poll.hasPrefix("https://127.0.0.1:1234/subscriptions/s/providers/"))
            #expect(poll.contains("/mfeOperationsStatus/oe:w:"))
            let path = String(poll.dropFirst("https://127.0.0.1:1234".count))
            #expect(try await fixture.get(path).body["status"] == "Updating")
            let settled = try await fixture.settled("ONLINEendpoints/hOUSES")
            #expect(settled.state == "Succeeded" && settled.body["name"] == "Houses")
            #expect(settled.body["kind"] == "Managed" && settled.body["tags"] == ["team": "houses"])
            #expect(settled.body["properties"]?["scoringUri"] == "http://127.0.0.1:1/endpoints/Houses/score")
            #expect(try await fixture.get(path).body["status"] == "Succeeded")
        }
    }

    @Test(
        "what the rules forbid is refused in their words, and changes nothing",
        arguments: [
            (["blue": 100, "green": 10], [:], "110 %"), (["blue": 90, "purple": 10], [:], "has no deployment purple"),
            (["blue": 100], ["green": 60], "60 %"), (["blue": 100], ["blue": 10], "live traffic"),
            (["blue": 100], ["green": 5, "blue": 5], "only one deployment"), (["blue": 100, "BLUE": 0], [:], "twice"),
        ] as [([String: Value], [String: Value], String)])
    func rules(traffic: [String: Value], mirror: [String: Value], words: String) async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            try await fixture.deploy("green")
            let before = try await fixture.get("onlineEndpoints/houses")
            let answer = try await fixture.send(
                .put, "onlineEndpoints/houses", ControlPlaneFixture.endpoint(traffic: traffic, mirror: mirror))
            #expect(answer.status == 400 && answer.error.code == "BadArgument")
            #expect(answer.error.message?.contains(words) == true, "\(answer.body)")
            #expect(try await fixture.get("onlineEndpoints/houses").body == before.body)
        }
    }

    @Test("traffic cannot be set when the endpoint is created")
    func trafficAtCreation() async throws {
        try await with { fixture in
            let answer = try await fixture.send(
                .put, "onlineEndpoints/houses", ControlPlaneFixture.endpoint(traffic: ["blue": 100]))
            #expect(answer.status == 400)
            #expect(try await fixture.get("onlineEndpoints/houses").status == 404)
        }
    }

    @Test("one PUT takes the mirror off and moves the traffic; what it leaves out is gone")
    func atOnce() async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            try await fixture.deploy("green")
            let path = "onlineEndpoints/houses"
            #expect(
                try await fixture.send(
                    .put, path, ControlPlaneFixture.endpoint(traffic: ["blue": 100], mirror: ["green": 10])
                ).status == 201)
            #expect(try await fixture.settled(path).body["properties"]?["mirrorTraffic"] == ["green": 10])
            #expect(
                try await fixture.send(.put, path, ControlPlaneFixture.endpoint(traffic: ["green": 100])).status == 201)
            let settled = try await fixture.settled(path)
            #expect(settled.body["properties"]?["traffic"] == ["green": 100])
            #expect(settled.body["properties"]?["mirrorTraffic"] == [:])
            #expect(settled.body["properties"]?["turnout"]?["trafficActual"] == ["green": 100])
            #expect(try await fixture.send(.put, path, ["properties": [:]]).status == 201)
            #expect(try await fixture.settled(path).body["properties"]?["traffic"] == [:])
        }
    }

    @Test("traffic has the names that its deployments have, however a client writes them")
    func spelling() async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            try await fixture.deploy("green")
            let path = "onlineEndpoints/houses"
            #expect(
                try await fixture.send(
                    .put, path, ControlPlaneFixture.endpoint(traffic: ["Blue": 0, "GREEN": 100], mirror: ["BLUE": 10])
                ).status == 201)
            let settled = try await fixture.settled(path)
            #expect(settled.body["properties"]?["traffic"] == ["green": 100])
            #expect(settled.body["properties"]?["mirrorTraffic"] == ["blue": 10])
        }
    }

    @Test("a read's head can be asked for alone; a known path under another method is no blob's")
    func heads() async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            let head = try await fixture.send(.head, "onlineEndpoints/houses")
            #expect(head.status == 200 && head.body == .null)
            #expect(try await fixture.send(.head, "onlineEndpoints/others").status == 404)
            let read = try await fixture.send(.get, "onlineEndpoints/houses/listKeys")
            #expect(read.status == 405 && read.headers[.allow] == "POST")
        }
    }

    @Test("a managed deployment has no other scaling than the default")
    func scaling() async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            let body: Value = [
                "properties": ["endpointComputeType": "Managed", "scaleSettings": ["scaleType": "TargetUtilization"]]
            ]
            let refused = try await fixture.send(.put, "onlineEndpoints/houses/deployments/green", body)
            #expect(refused.status == 400 && refused.body["error"]?["target"] == "properties.scaleSettings.scaleType")
        }
    }

    @Test("how far apart answers' numbers may be reaches the data plane, and what is no such number is refused")
    func numericTolerance() async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            func body(_ tolerance: Value) -> Value {
                [
                    "location": "local", "sku": ["name": "Default", "capacity": 1],
                    "properties": [
                        "endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2",
                        "properties": [
                            "turnout.dev/instances": #"{"simulate": {"ready_after": "0s"}}"#,
                            "turnout.dev/numeric-tolerance": tolerance,
                        ],
                    ],
                ]
            }
            let path = "onlineEndpoints/houses/deployments/green"
            for wrong in ["1.1", "-0.1", "a", "nan"] {
                let refused = try await fixture.send(.put, path, body(.string(wrong)))
                #expect(refused.status == 400 && refused.error.code == "BadArgument")
            }
            #expect(try await fixture.send(.put, path, body("0.25")).status == 201)
            try await fixture.settled(path)
            let routes = await fixture.registry.routingTable().endpoints.flatMap(\.deployments)
            let tolerances = routes.sorted { $0.name < $1.name }.map(\.numericTolerance)
            #expect(tolerances == [1e-6, 0.25])
        }
    }

    @Test("a busy endpoint and a busy deployment refuse another change, for now")
    func busy() async throws {
        try await with(times: ProvisioningTimes(traffic: .seconds(60))) { fixture in
            let path = "onlineEndpoints/houses"
            try await fixture.send(.put, path, ControlPlaneFixture.endpoint()).headers[.eTag].map { _ in }
            try await fixture.settled(path)
            let slow = ControlPlaneFixture.deployment(profile: #"{"ready_after": "60s"}"#)
            #expect(try await fixture.send(.put, path + "/deployments/blue", slow).status == 201)
            let again = try await fixture.send(
                .put, path + "/deployments/blue", ControlPlaneFixture.deployment(count: 2))
            #expect(again.status == 409 && again.error.code == "Conflict" && again.headers[.retryAfter] == "1")
            #expect(again.error.message?.contains("Creating provisioning state") == true)
            let early = try await fixture.send(.put, path, ControlPlaneFixture.endpoint(traffic: ["blue": 100]))
            #expect(early.status == 409)
        }
    }

    @Test("a deployment whose servers do not come up can be replaced and deleted at once", .timeLimit(.minutes(5)))
    func stuck() async throws {
        let times = ProvisioningTimes(endpoint: .zero, traffic: .zero, delete: .zero, startUp: .zero)
        try await with(times: times) { fixture in
            try await fixture.makeBlueLive()
            let path = "onlineEndpoints/houses/deployments/green"
            let probe: Value = ["initialDelay": "PT0S", "period": "PT1S", "failureThreshold": 30]
            func never(_ type: String) -> Value {
                [
                    "location": "local", "sku": ["name": "Default", "capacity": 1],
                    "properties": [
                        "endpointComputeType": "Managed", "instanceType": .string(type), "readinessProbe": probe,
                        "properties": ["turnout.dev/instances": #"{"external": "http://127.0.0.1:1"}"#],
                    ],
                ]
            }
            func untilStuck() async throws {
                while try await fixture.get(path).body["properties"]?["turnout"]?["reason"]?.string == nil {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(try await fixture.send(.put, path, never("Standard_DS3_v2")).status == 201)
            try await untilStuck()
            // It is Creating all the while, and the cloud would answer 409.
            let replaced = try await fixture.send(.put, path, never("Standard_DS4_v2"))
            #expect(replaced.status < 300 && replaced.state == "Updating", "\(replaced.body)")
            try await untilStuck()
            #expect(try await fixture.send(.delete, path).status == 202)
            while try await fixture.get(path).status != 404 { try await Task.sleep(for: .milliseconds(5)) }
            // A new one of the same name begins anew.
            #expect(try await fixture.send(.put, path, ControlPlaneFixture.deployment()).status == 201)
            try await fixture.settled(path)
        }
    }

    @Test("a deployment that was coming up when the emulator ended has that time behind it in the next one")
    func restarted() async throws {
        try await ScratchFolder.with { state async throws in
            let path = "onlineEndpoints/houses/deployments/green"
            let times = ProvisioningTimes(
                endpoint: .zero, traffic: .zero, delete: .zero, startupSaveInterval: .milliseconds(10))
            func kept(_ body: (inout EndpointRecord.Work) -> Void = { _ in }) throws -> Interval? {
                let store = try LocalStore(LocalFolder(state: state))
                var record = try #require(try store.records().first)
                var work = try #require(record.deployments["green"]?.work)
                body(&work)
                record.deployments["green"]?.work = work
                try store.keep(Kept(records: [record]))
                try store.close()
                return work.passed
            }
            try await ControlPlaneFixture.with(state, times: times) { fixture async throws in
                #expect(
                    try await fixture.send(.put, "onlineEndpoints/houses", ControlPlaneFixture.endpoint()).status == 201
                )
                try await fixture.settled("onlineEndpoints/houses")
                let body = ControlPlaneFixture.deployment(profile: #"{"ready_after": "5m"}"#)
                #expect(try await fixture.send(.put, path, body).status == 201)
                while await fixture.registry.records["houses"]?.deployments["green"]?.work?.passed == nil {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(try kept { $0.passed = .minutes(4) } == .minutes(4))
            try await ControlPlaneFixture.with(state, times: times) { fixture async throws in
                while await fixture.registry.records["houses"]?.deployments["green"]?.work?.passed == .minutes(4) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(try await fixture.get(path).state == "Creating")
            }
            let passed = try #require(try kept { $0.passed = .minutes(5) })
            #expect(passed == .minutes(5))
            try await ControlPlaneFixture.with(state, times: times) { fixture async throws in
                #expect(try await fixture.settled(path).state == "Succeeded")
            }
        }
    }

    @Test(
        "wrong bodies are refused with the place in them",
        arguments: [
            (#"{"properties": {"traffic": {"blue": "all"}}}"#, "properties.traffic.blue"),
            (#"{"properties": {"traffic": {"blue": 1.5}}}"#, "properties.traffic.blue"),
            (#"{"properties": {"authMode": "Password"}}"#, "properties.authMode"),
            (#"{"tags": {}}"#, "properties is missing"),
            (#"{"properties": {"#, "not valid JSON"), ("", "not valid JSON"), ("[]", "the body"),
            (#"{"properties": 3}"#, "properties"),
        ])
    func wrongBodies(body: String, words: String) async throws {
        try await with { fixture in
            let answer = try await fixture.send(.put, "onlineEndpoints/houses", bytes: Data(body.utf8))
            #expect(answer.status == 400 && answer.error.code == "BadArgument")
            #expect(answer.error.message?.contains(words) == true, "\(answer.body)")
        }
    }

    @Test("other failures have their codes, too")
    func failures() async throws {
        try await with { fixture in
            #expect(try await fixture.send(.get, "onlineEndpoints", token: nil).status == 401)
            #expect(try await fixture.send(.get, "onlineEndpoints", token: "wrong").status == 401)
            #expect(try await fixture.send(.get, "/nothing").status == 404)
            let method = try await fixture.send(.post, "onlineEndpoints/houses")
            #expect(method.status == 405 && method.headers[.allow]?.contains("PUT") == true)
            let type = try await fixture.send(
                .put, "onlineEndpoints/houses", ControlPlaneFixture.endpoint(), headers: ["Content-Type": "text/plain"])
            #expect(type.status == 415)
            let large = try await fixture.send(
                .put, "onlineEndpoints/houses", bytes: Data(repeating: 32, count: ControlRequest.limit + 1))
            #expect(large.status == 413)
            #expect(try await fixture.send(.delete, "onlineEndpoints/houses").status == 204)
            #expect(try await fixture.get("onlineEndpoints/houses").error.code == "ResourceNotFound")
            let orphan = try await fixture.send(
                .put, "onlineEndpoints/houses/deployments/blue", ControlPlaneFixture.deployment())
            #expect(orphan.status == 404 && orphan.error.code == "ResourceNotFound")
        }
    }

    @Test("a deployment that names no kind of instances is refused with the choices")
    func noKind() async throws {
        try await with { fixture in
            _ = try await fixture.send(.put, "onlineEndpoints/houses", ControlPlaneFixture.endpoint())
            try await fixture.settled("onlineEndpoints/houses")
            let answer = try await fixture.send(
                .put, "onlineEndpoints/houses/deployments/blue", ["properties": ["instanceType": "Standard_DS3_v2"]])
            #expect(answer.status == 400)
            for word in ["simulate", "command", "external"] {
                #expect(answer.error.message?.contains(word) == true)
            }
            #expect(try await fixture.get("onlineEndpoints/houses/deployments/blue").status == 404)
        }
    }

    @Test("scaling keeps what is not said, and a failure keeps its reason")
    func scalingAndFailing() async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            let path = "onlineEndpoints/houses/deployments/blue"
            let patched = try await fixture.send(.patch, path, ["sku": ["capacity": 3]])
            #expect(patched.status == 200 && patched.state == "Scaling", "\(patched.body)")
            let scaled = try await fixture.settled(path)
            #expect(scaled.body["properties"]?["turnout"]?["ready"] == 3)
            #expect(scaled.body["properties"]?["instanceType"] == "Standard_DS3_v2")

            let green = "onlineEndpoints/houses/deployments/green"
            let made = try await fixture.send(
                .put, green, ControlPlaneFixture.deployment(profile: #"{"fault": "quota"}"#))
            let failed = try await fixture.settled(green)
            #expect(failed.state == "Failed", "\(failed.body)")
            #expect(failed.body["properties"]?["turnout"]?["reason"]?.string?.hasPrefix("OutOfQuota: ") == true)
            let poll = try #require(made.headers[ARMHeader.asyncOperation]).dropFirst("https://127.0.0.1:1234".count)
            let status = try await fixture.get(String(poll))
            #expect(status.body["status"] == "Failed" && status.body["error"]?["code"] == "OutOfQuota")
        }
    }

    @Test("a deployment with traffic is not deleted; an endpoint is, with its deployments")
    func deletion() async throws {
        try await with { fixture in
            try await fixture.makeBlueLive()
            let refused = try await fixture.send(.delete, "onlineEndpoints/houses/deployments/blue")
            #expect(refused.status == 400)
            #expect(refused.error.message?.contains("Can't delete deployment [blue]") == true)
            try await fixture.deploy("green")
            let green = try await fixture.send(.delete, "onlineEndpoints/houses/deployments/green")
            #expect(green.status == 202 && green.headers[.location]?.contains("mfeOperationResults/od:w:") == true)
            #expect(try await fixture.settled("onlineEndpoints/houses/deployments/green").status == 404)
            #expect(try await fixture.send(.delete, "onlineEndpoints/houses").status == 202)
            #expect(try await fixture.settled("onlineEndpoints/houses").status == 404)
            #expect(!FileManager.default.fileExists(atPath: fixture.folder.log(endpoint: "houses", deployment: "blue")))
        }
    }
}
