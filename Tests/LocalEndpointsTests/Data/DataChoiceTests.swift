import NIOCore
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Choice of a deployment by weight")
struct DataChoiceTests {
    @Test("every percent has its part of all random numbers")
    func shares() throws {
        let choice = try #require(WeightedChoice(percents: [90, 0, 9, 1]))
        var counts = [0, 0, 0, 0]
        let steps = 1 << 20
        for step in 0..<steps { counts[choice.index(at: UInt32(step << 12))] += 1 }
        for (count, percent) in zip(counts, [90, 0, 9, 1]) {
            #expect(abs(count - steps * percent / 100) <= 1)
        }
        #expect(choice.index(at: 0) == 0)
        #expect(choice.index(at: .max) == 3)
    }

    @Test("without a positive weight there is no choice")
    func none() {
        #expect(WeightedChoice(percents: []) == nil)
        #expect(WeightedChoice(percents: [0, 0]) == nil)
    }

    @Test("the share that is copied is drawn apart from the deployment")
    func mirrored() throws {
        var compiler = TableCompiler(bandwidth: nil)
        let route = EndpointRoute.sample(traffic: ["blue": 90, "green": 10], mirrorTraffic: ["shadow": 10])
        let endpoint = try #require(compiler.compile(RoutingTable(endpoints: [route]), at: .now()).endpoints.first)
        var copied = ["blue": 0, "green": 0]
        let side: UInt64 = 200
        for high in 0..<side {
            for low in 0..<side {
                let unit = UInt64(1) << 32
                let draw = ((2 * high + 1) * unit / (2 * side)) << 32 | ((2 * low + 1) * unit / (2 * side))
                let chosen = try #require(endpoint.choose(draw))
                if let shadow = chosen.shadow {
                    #expect(shadow.name == "shadow")
                    copied[chosen.deployment.name.text, default: 0] += 1
                }
            }
        }
        #expect(copied == ["blue": 3600, "green": 400])
    }
}

@Suite("Credentials")
struct DataCredentialTests {
    private static func find(_ index: CredentialIndex, _ secret: String, wanted: Int? = nil, at time: Int64 = 0)
        -> Int?
    {
        Array(secret.utf8).withUnsafeBytes {
            index.endpoint(for: $0, wanted: wanted, clock: { Timestamp(milliseconds: time) })
        }
    }

    @Test("each secret lets in to its own endpoint, and to no other")
    func ownership() {
        let index = CredentialIndex([
            [Credential(secret: "one"), Credential(secret: "two")], [Credential(secret: "three")], [],
        ])
        #expect(Self.find(index, "one") == 0)
        #expect(Self.find(index, "two", wanted: 0) == 0)
        #expect(Self.find(index, "three") == 1)
        #expect(Self.find(index, "three", wanted: 0) == nil)
        #expect(Self.find(index, "three", wanted: 2) == nil)
    }

    @Test("what differs by anything lets nobody in", arguments: ["", "on", "one ", "One", "oneone", "ome"])
    func wrong(_ secret: String) {
        #expect(Self.find(CredentialIndex([[Credential(secret: "one"), Credential(secret: "")]]), secret) == nil)
    }

    @Test("a token lets in until its end")
    func expiry() {
        let index = CredentialIndex([[Credential(secret: "token", expires: Timestamp(milliseconds: 100))]])
        #expect(Self.find(index, "token", at: 99) == 0)
        #expect(Self.find(index, "token", at: 100) == nil)
    }

    @Test("a secret that two endpoints share lets in to each that is named")
    func shared() {
        let index = CredentialIndex([[Credential(secret: "same")], [Credential(secret: "same")]])
        #expect(Self.find(index, "same", wanted: 0) == 0)
        #expect(Self.find(index, "same", wanted: 1) == 1)
    }
}

extension EndpointRoute {
    static func sample(traffic: Traffic, mirrorTraffic: Traffic = .none) -> EndpointRoute {
        let deployments = ["blue", "green", "shadow"].map { name in
            DeploymentRoute(name: Name(name), incarnation: name, requestSettings: RequestSettings(), instances: [])
        }
        return EndpointRoute(
            name: "houses", credentials: [Credential(secret: "key")], traffic: traffic, mirrorTraffic: mirrorTraffic,
            deployments: deployments)
    }
}
