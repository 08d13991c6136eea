import RolloutTesting
import Rollouts
import Testing

@testable import KubernetesEndpoints

@Suite("The route of an endpoint")
struct RouteTests {
    private func reading(_ route: KubernetesObject, _ choice: KubernetesSettings.RouteChoice.Rule? = nil)
        -> RouteReading
    {
        RouteReading(route, of: "houses", deployments: ["blue", "green"], choice: choice)
    }

    @Test("a rule for each deployment that the header names, then the weights, all written out")
    func rules() throws {
        let route = try routeObject(["blue": 100])
        let rules = try #require(route["spec", "rules"]?.list)
        #expect(rules.count == 3)
        #expect(
            rules[1]["matches"]?.list?.first?["headers"] == [
                ["type": "Exact", "name": "azureml-model-deployment", "value": "green"]
            ])
        #expect(
            rules[1]["filters"] == [
                [
                    "type": "ResponseHeaderModifier",
                    "responseHeaderModifier": [
                        "set": [
                            ["name": "azureml-model-deployment", "value": "green"],
                            ["name": "turnout-endpoint", "value": "models/houses"],
                        ]
                    ],
                ]
            ])
        #expect(rules[2]["filters"] == nil)
        #expect(reading(route).marks("green") && !reading(route).marks("red"))
        #expect(
            rules[2]["backendRefs"] == [
                ["group": "", "kind": "Service", "name": "houses-blue", "port": 80, "weight": 100],
                ["group": "", "kind": "Service", "name": "houses-green", "port": 80, "weight": 0],
            ])
        #expect(rules[2]["timeouts"] == ["request": "5s"])
    }

    @Test("where Envoy Gateway is to count backends one by one, each has a filter that names it in answers")
    func filters() throws {
        var manifest = RouteManifest(
            endpoint: "houses", namespace: "models", parents: [], hostnames: [],
            backends: [
                .init(deployment: "blue", timeout: .seconds(5)), .init(deployment: "green", timeout: .seconds(5)),
            ],
            weighted: [
                .init(deployment: "blue", timeout: .seconds(5)), .init(deployment: "green", timeout: .seconds(5)),
            ], traffic: ["blue": 90, "green": 10])
        let plain = try #require(manifest.spec["rules"]?.list)
        manifest.hasFilters = true
        let rules = try #require(manifest.spec["rules"]?.list)
        #expect(rules.dropLast() == plain.dropLast())
        let references = try #require(rules.last?["backendRefs"]?.list)
        #expect(references.map { $0["weight"] } == [90, 10])
        #expect(
            references.last?["filters"] == [
                [
                    "type": "ResponseHeaderModifier",
                    "responseHeaderModifier": ["set": [["name": "azureml-model-deployment", "value": "green"]]],
                ]
            ])
        let route = KubernetesObject(.httpRoutes, name: "houses", namespace: "models", ["spec": manifest.spec])
        #expect(reading(route).traffic == ["blue": 90, "green": 10])
    }

    @Test("traffic is read back", arguments: [["blue": 90, "green": 10], ["green": 100], .none] as [Traffic])
    func traffic(_ traffic: Traffic) throws { #expect(reading(try routeObject(traffic)).traffic == traffic) }

    @Test("without deployments there are no rules, and without traffic none with weights")
    func nothing() throws {
        #expect(try routeObject(.none, deployments: [])["spec", "rules"] == nil)
        #expect(try routeObject(.none)["spec", "rules"]?.list?.count == 2)
    }

    @Test(
        "weights that do not sum to 100 are percents all the same",
        arguments: [
            ([1, 1], ["blue": 50, "green": 50]), ([2, 1], ["blue": 67, "green": 33]), ([0, 0], .none),
            ([999, 1], ["blue": 100]), ([nil, nil], ["blue": 50, "green": 50]),
        ] as [([Int?], Traffic)])
    func anyWeights(weights: [Int?], traffic: Traffic) throws {
        var route = try routeObject(["blue": 100])
        let references: [Value] = zip(["houses-blue", "houses-green"], weights).map { name, weight in
            var reference: [String: Value] = ["name": .string(name)]
            reference["weight"] = weight.map(Value.integer)
            return .mapping(reference)
        }
        route["spec", "rules"] = [["backendRefs": .list(references)]]
        #expect(reading(route).traffic == traffic)
        #expect(reading(route, .index(0)).traffic == traffic)
        #expect(reading(route, .index(1)).weightedRule == nil)
    }

    @Test("a gateway's conditions count at the route's generation only")
    func acceptance() throws {
        #expect(reading(try routeObject(["blue": 100])).acceptance == .accepted)
        guard case .waiting = reading(try routeObject(["blue": 100], seen: 3)).acceptance else {
            Issue.record("a condition of an earlier generation counted")
            return
        }
        guard case .refused(let why) = reading(try routeObject(["blue": 100], accepted: "False")).acceptance else {
            Issue.record("a refusal did not count")
            return
        }
        #expect(why.contains("Accepted is not met: R"))
        var other = try routeObject(["blue": 100])
        other["spec", "parentRefs"] = [["name": "another"]]
        guard case .waiting = reading(other).acceptance else {
            Issue.record("another gateway's word counted")
            return
        }
    }

    @Test("a Service that is not there fails those whose it is, and keeps nobody from being led back to the others")
    func unresolved() throws {
        func snapshot(_ traffic: Traffic, missing: Name?) throws -> EndpointSnapshot {
            var route = try routeObject(traffic)
            var parent = route["status", "parents"]?.list?.first ?? [:]
            var conditions = parent["conditions"]?.list ?? []
            conditions[1][path: ["status"]] = "False"
            parent[path: ["conditions"]] = .list(conditions)
            route["status", "parents"] = [parent]
            route.annotations[Mark.trafficBefore] = try ValueCoder.text(["blue": 100] as Traffic)
            func objects(_ definition: DeploymentDefinition) throws -> DeploymentObjects {
                DeploymentObjects(
                    deployment: try deploymentObject(definition),
                    service: definition.name == missing ? nil : KubernetesObject(.services, name: "x"),
                    slices: [slice(ready: definition.instanceCount)])
            }
            return EndpointReading(
                objects: EndpointObjects(
                    anchor: try #require(EndpointAnchor(route, of: "houses")), route: route,
                    deployments: ["blue": try objects(.blue), "green": try objects(.green)]),
                endpoint: "houses", giveUp: .init(), now: Timestamp(milliseconds: 0)
            ).snapshot
        }
        let canary = try snapshot(["blue": 90, "green": 10], missing: "green")
        #expect(canary.deployment("blue")?.isReady == true)
        #expect(canary.deployment("green")?.reason == "its Service is missing")
        #expect(canary.state == .failed && canary.traffic.actual == ["blue": 100])
        #expect(canary.reason?.contains("ResolvedRefs is not met") == true)
        let restored = try snapshot(["blue": 100], missing: "green")
        #expect(restored.state == .succeeded && restored.traffic == DesiredAndActual(["blue": 100]))
        // Not known to be missing: the gateway has not seen it yet, or may not use it.
        let unknown = try snapshot(["blue": 100], missing: nil)
        #expect(unknown.deployment("blue")?.isReady == false && unknown.state == .failed)
    }

    @Test("an endpoint with more deployments than a route has room for names the others by further routes")
    func parts() {
        let names = (1...20).map { Name("version-\($0)") }.sorted()
        let twenty = RouteParts([]).naming(names)
        #expect(twenty.parts.map(\.count) == [15, 5])
        // Who is there stays where it is, and a new one comes where there is room.
        let fewer = twenty.naming(names.filter { $0 != names[0] })
        #expect(fewer.parts[0] == Array(names[1..<15]) && fewer.parts[1] == twenty.parts[1])
        let another = fewer.naming(names.dropFirst() + ["a-new-one"])
        #expect(another.parts[0] == names[1..<15] + ["a-new-one"] && another.parts[1] == twenty.parts[1])
        #expect(another.naming(Array(names[1..<15])).parts == [Array(names[1..<15]), []])
    }

    @Test("the rule with weights leads to 16 Services at most, first of all to those with traffic")
    func maxReferences() throws {
        let names = (1...20).map { Name("version-\($0)") }.sorted()
        var manifest = RouteManifest(
            endpoint: "houses", namespace: "models", parents: [], hostnames: [],
            backends: names.prefix(15).map { .init(deployment: $0, timeout: .seconds(5)) }, weighted: [],
            traffic: [names[19]: 100])
        manifest.weighted = names.map { .init(deployment: $0, timeout: .seconds(5)) }
        let rules = try #require(manifest.spec["rules"]?.list)
        #expect(rules.count == 16)
        let references = try #require(rules.last?["backendRefs"]?.list)
        #expect(references.count == 16)
        #expect(references.last?["name"]?.string == "houses-\(names[19])" && references.last?["weight"] == 100)
        #expect(references.filter { $0["weight"] == 0 }.count == 15)
    }

    @Test(
        "durations are those of the Gateway API",
        arguments: [(5000, "5s"), (180_000, "180s"), (250, "250ms"), (1500, "1s500ms")] as [(Int64, String)])
    func durations(milliseconds: Int64, text: String) {
        #expect(RouteManifest.duration(.milliseconds(milliseconds)) == text)
    }

    @Test("a user's rule may lead to deployments of the endpoint's that are still to be made, and to nothing else")
    func unmade() throws {
        var route = try routeObject(["blue": 100])
        route["status", "parents"] = [
            [
                "parentRef": ["name": "edge", "namespace": "gateways"],
                "conditions": [
                    ["type": "Accepted", "status": "True", "observedGeneration": 4],
                    ["type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound", "observedGeneration": 4],
                ],
            ]
        ]
        func acceptance(_ deployments: [Name], _ rule: KubernetesSettings.RouteChoice.Rule?) -> RouteReading.Acceptance
        {
            RouteReading(route, of: "houses", deployments: deployments, choice: rule).acceptance
        }
        #expect(acceptance(["blue"], .index(2)) == .accepted)
        #expect(acceptance(["blue", "green"], .index(2)) != .accepted)
        #expect(acceptance(["blue"], nil) != .accepted)
    }
}
