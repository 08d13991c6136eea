import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import KubernetesEndpoints

@Suite("What a gateway says")
struct GatewayTests {
    private func problem(
        _ status: Value = [
            "conditions": [["type": "Programmed", "status": "True"], ["type": "Accepted", "status": "True"]]
        ],
        from: Value = "All", section: String? = nil, isThere: Bool = true
    ) -> String? {
        let gateway = KubernetesObject(
            .gateways, name: "edge", namespace: "gateways",
            [
                "spec": [
                    "gatewayClassName": "envoy",
                    "listeners": [["name": "http", "allowedRoutes": ["namespaces": ["from": from]]]],
                ], "status": status,
            ])
        return GatewayDiagnosis(
            name: "edge", namespace: "gateways", section: section, routeNamespace: "models",
            gateway: isThere ? gateway : nil
        ).problem
    }

    @Test("one that is well is no problem, whatever a selector chooses")
    func well() {
        #expect(problem() == nil)
        #expect(problem(from: "Selector") == nil)
        #expect(problem(section: "http") == nil)
    }

    @Test("what keeps it from taking routes is said")
    func problems() {
        let pending: Value = ["conditions": [["type": "Accepted", "status": "Unknown", "reason": "Pending"]]]
        let broken: Value = [
            "conditions": [
                ["type": "Accepted", "status": "True"],
                ["type": "Programmed", "status": "False", "reason": "NoResources", "message": "no address"],
            ]
        ]
        #expect(problem(isThere: false) == "there is no Gateway gateways/edge")
        #expect(problem(pending)?.contains("no controller has accepted Gateway gateways/edge") == true)
        #expect(problem([:])?.contains("its class 'envoy'") == true)
        #expect(problem(broken) == "Gateway gateways/edge is not Programmed: NoResources: no address")
        #expect(problem(from: "Same")?.contains("accepts routes of namespace models") == true)
        #expect(problem(section: "https")?.contains("no listener https; its listeners: http") == true)
    }

    private func reading(_ route: KubernetesObject, age: Interval) throws -> EndpointReading {
        let anchor = try #require(EndpointAnchor(route, of: "houses"))
        var objects = EndpointObjects(anchor: anchor, route: route)
        objects.deployments["blue"] = DeploymentObjects(
            deployment: try deploymentObject(), service: try manifest(.blue).service(by: .sample),
            slices: [slice(ready: DeploymentDefinition.blue.instanceCount)])
        var reading = EndpointReading(
            objects: objects, endpoint: "houses", giveUp: .init(), now: .init(milliseconds: 0))
        reading.gateway = (age, "there is no Gateway gateways/edge")
        return reading
    }

    @Test("a route that is not taken is waited for with its gateway's reason, and given up in time")
    func giveUp() throws {
        let route = try routeObject(["blue": 100], seen: 3)
        let early = try reading(route, age: .seconds(59)).snapshot
        #expect(early.state == .updating)
        #expect(early.reason?.hasSuffix("there is no Gateway gateways/edge") == true, "\(early.reason ?? "")")
        let late = try reading(route, age: .seconds(60)).snapshot
        #expect(late.state == .failed)
        #expect(Change.putEndpoint(late.definition).failure(in: late)?.contains("no Gateway gateways/edge") == true)
        #expect(Change.setTraffic(["blue": 100]).failure(in: late)?.contains("no Gateway gateways/edge") == true)
        #expect(Change.setTraffic(["blue": 100]).failure(in: early) == nil)
    }

    @Test("a route that is refused has failed in time, and what it names with it")
    func refused() throws {
        let route = try routeObject(["blue": 100], accepted: "False")
        let early = try reading(route, age: .zero).snapshot
        #expect(early.state == .updating && early.deployment("blue")?.state.isBusy == true)
        let late = try reading(route, age: .minutes(1)).snapshot
        #expect(late.state == .failed && late.deployment("blue")?.state == .failed)
        #expect(late.deployment("blue")?.reason?.contains("Accepted is not met: R") == true)
    }
}
