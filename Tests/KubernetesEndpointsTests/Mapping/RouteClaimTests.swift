import RolloutTesting
import Rollouts
import Testing

@testable import KubernetesEndpoints

@Suite("Routes that claim the same")
struct RouteClaimTests {
    private func route(
        _ name: String, in namespace: String = "models", gateway: String = "edge", section: String? = nil,
        hostnames: [String] = [], path: String? = "/", headers: Value? = nil
    ) -> KubernetesObject {
        var parent: [String: Value] = ["name": .string(gateway), "namespace": "gateways"]
        parent["sectionName"] = section.map(Value.string)
        var spec: [String: Value] = ["parentRefs": [.mapping(parent)]]
        if !hostnames.isEmpty { spec["hostnames"] = .list(hostnames.map(Value.string)) }
        var match: [String: Value] = [:]
        match["path"] = path.map { ["type": "PathPrefix", "value": .string($0)] }
        match["headers"] = headers
        spec["rules"] = [["matches": [.mapping(match)]]]
        return KubernetesObject(.httpRoutes, name: name, namespace: namespace, ["spec": .mapping(spec)])
    }

    private func rival(of mine: KubernetesObject, _ other: KubernetesObject) -> String? {
        RouteClaim(mine, in: "models").rival(among: [other])?.name
    }

    @Test("a route of the same gateway without a hostname of its own is one, in whatever namespace")
    func same() {
        let mine = route("houses")
        for other in [
            route("other"), route("other", in: "shop"), route("other", path: nil), route("other", section: "http"),
            route("other", headers: [["name": "Azureml-Model-Deployment", "value": "green"]]),
        ] {
            #expect(rival(of: mine, other) == "other", "\(other)")
        }
        #expect(
            rival(of: route("houses", hostnames: ["A.example"]), route("other", hostnames: ["b", "a.example"]))
                == "other")
    }

    @Test("another gateway, listener, hostname or path is none, nor what asks for more")
    func apart() {
        let mine = route("houses", section: "http")
        for other in [
            route("other", gateway: "inner"), route("other", section: "https"), route("other", hostnames: ["a"]),
            route("other", path: "/shop"), route("other", headers: [["name": "x-tenant", "value": "a"]]),
        ] {
            #expect(rival(of: mine, other) == nil, "\(other)")
        }
    }

    @Test("what is said of one names it, the gateway, and what to do")
    func words() throws {
        let rival = try #require(RouteClaim(route("houses"), in: "models").rival(among: [route("other", in: "shop")]))
        let words = rival.words(of: "houses")
        for part in ["shop/other", "gateway edge", "without a hostname", "gateway.hostnames"] {
            #expect(words.contains(part), "\(words)")
        }
    }
}
