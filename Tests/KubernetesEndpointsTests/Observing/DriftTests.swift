import RolloutEngine
import RolloutTesting
import Rollouts
import Testing

@testable import KubernetesEndpoints

@Suite("What somebody else has changed")
struct DriftTests {
    private func document(_ edit: (inout KubernetesObject) -> Void) throws -> Value {
        let deployment = try deploymentObject(
            .sample(
                "blue",
                ["environment_variables": ["A": "1"], "resources": ["limits": ["cpu": "1", "memory": "0.5Gi"]]]),
            edit: edit)
        return DeploymentReading(
            objects: DeploymentObjects(deployment: deployment), name: "blue", endpoint: "houses", giveUp: .init(),
            now: Timestamp(milliseconds: 0)
        ).definition.document
    }

    /// The container with one member changed.
    private func container(_ object: inout KubernetesObject, _ change: (inout Value) -> Void) {
        var container = object["spec", "template", "spec", "containers"]?.list?.first ?? [:]
        change(&container)
        object["spec", "template", "spec", "containers"] = [container]
    }

    /// Members of the container are what somebody has written by `kubectl edit`.
    private func written(_ object: inout KubernetesObject, _ fields: Value) {
        object["metadata", "managedFields"] = [
            ["manager": "turnout", "operation": "Apply", "fieldsV1": ["f:spec": ["f:replicas": [:]]]],
            [
                "manager": "kubectl-edit", "operation": "Update",
                "fieldsV1": [
                    "f:spec": [
                        "f:template": ["f:spec": ["f:containers": ["k:{\"name\":\"inference-server\"}": fields]]]
                    ]
                ],
            ],
        ]
    }

    /// What webhooks put into Deployments of meshes and policies.
    private func inject(_ object: inout KubernetesObject) {
        container(&object) {
            $0[path: ["env"]] = .list(($0["env"]?.list ?? []) + [["name": "PROXY", "value": "on"]])
            $0[path: ["volumeMounts"]] = [["name": "certificates", "mountPath": "/certificates"]]
            $0[path: ["resources", "limits", "ephemeral-storage"]] = "1Gi"
        }
        let containers = object["spec", "template", "spec", "containers"]?.list ?? []
        object["spec", "template", "spec", "containers"] = .list(containers + [["name": "proxy", "image": "proxy:1"]])
        object["spec", "template", "spec", "volumes"] = [["name": "certificates", "emptyDir": [:]]]
        object["spec", "template", "spec", "tolerations"] = [["key": "spot", "operator": "Exists"]]
        object["spec", "template", "spec", "nodeSelector"] = ["pool": "a"]
    }

    @Test("what a webhook puts in is none, whoever has written something else")
    func injected() throws {
        let untouched = try document { _ in }
        #expect(try document(inject) == untouched)
        let edited = try document { object in
            inject(&object)
            container(&object) { $0[path: ["image"]] = "other:2" }
            written(&object, ["f:image": [:]])
        }
        #expect(edited["environment"]?["image"] == "other:2")
        #expect(edited["kubernetes"] == nil && edited["environment_variables"] == untouched["environment_variables"])
    }

    @Test("what somebody adds by hand is told, and what another manager applies is its own")
    func added() throws {
        func changed(_ operation: Value) throws -> Value {
            try document { object in
                inject(&object)
                let proxy: Value = [".": [:], "f:image": [:], "f:name": [:]]
                object["metadata", "managedFields"] = [
                    [
                        "manager": "somebody", "operation": operation,
                        "fieldsV1": [
                            "f:spec": ["f:template": ["f:spec": ["f:containers": ["k:{\"name\":\"proxy\"}": proxy]]]]
                        ],
                    ]
                ]
            }
        }
        let key = "Deployment spec.template.spec.containers[proxy]"
        #expect(try changed("Update")["kubernetes"]?[key] == ["name": "proxy", "image": "proxy:1"])
        #expect(try changed("Apply")["kubernetes"] == nil)
    }

    @Test("what the server fills in, and amounts in another form, are none")
    func none() throws {
        let untouched = try document { _ in }
        let filled = try document { object in
            object["spec", "template", "spec", "dnsPolicy"] = "ClusterFirst"
            object["spec", "template", "metadata", "annotations"] = ["kubectl.kubernetes.io/restartedAt": "now"]
            container(&object) {
                $0[path: ["imagePullPolicy"]] = "IfNotPresent"
                $0[path: ["resources"]] = [
                    "limits": ["cpu": "1000m", "memory": "512Mi"], "requests": ["cpu": "1", "memory": "512Mi"],
                ]
            }
        }
        #expect(filled == untouched)
    }

    @Test("image, variables and amounts are told in the file's words")
    func words() throws {
        let changed = try document { object in
            container(&object) {
                $0[path: ["image"]] = "other:2"
                $0[path: ["env"]] = [["name": "A", "value": "2"], ["name": "B", "value": "3"]]
                $0[path: ["resources", "limits", "cpu"]] = "4"
            }
            written(&object, ["f:env": ["k:{\"name\":\"B\"}": [".": [:], "f:name": [:], "f:value": [:]]]])
        }
        #expect(changed["environment"]?["image"] == "other:2")
        #expect(changed["environment_variables"] == ["A": "2", "B": "3"])
        #expect(changed["resources"]?["limits"]?["cpu"] == "4")
    }

    @Test(
        "an annotation that was taken away or written over is told, since nothing else can be",
        arguments: [nil, "no JSON"] as [String?])
    func lostAnnotation(text: String?) throws {
        let changed = try document { $0["metadata", "annotations", Mark.applied] = text.map(Value.string) }
        #expect(
            changed["kubernetes"]?["Deployment metadata.annotations[turnout.dev/applied]"]
                == .string(text ?? "removed"))
    }

    @Test("anything else is told by its path, and a pause too")
    func paths() throws {
        let changed = try document { object in
            object["spec", "paused"] = true
            object["spec", "template", "spec", "terminationGracePeriodSeconds"] = 1
        }
        #expect(
            changed["kubernetes"] == [
                "Deployment spec.paused": true,
                "Deployment spec.template.spec.terminationGracePeriodSeconds": 1,
            ])
    }

    @Test("the engine shows each field")
    func shown() throws {
        func snapshot(_ image: String?) -> EndpointSnapshot {
            var definition = DeploymentDefinition.blue
            definition.document[path: ["environment", "image"]] = image.map(Value.string)
            return .sample(kind: .kubernetes, traffic: ["blue": 100], deployments: [.init(definition: definition)])
        }
        let found = differences(expected: Observation(snapshot("a:1")), observed: snapshot("b:2"))
        #expect(found.map(\.description) == ["deployment blue: environment.image: expected a:1, observed b:2"])
    }

    @Test("edited weights are traffic, and an edited route is drift of the endpoint")
    func route() throws {
        var route = try routeObject(["blue": 100])
        var rules = route["spec", "rules"]?.list ?? []
        rules[2][path: ["backendRefs"]] = [
            ["group": "", "kind": "Service", "name": "houses-blue", "port": 80, "weight": 50],
            ["group": "", "kind": "Service", "name": "houses-green", "port": 80, "weight": 50],
        ]
        rules[0][path: ["timeouts", "request"]] = "1s"
        route["spec", "rules"] = .list(rules)
        let anchor = try #require(EndpointAnchor(route, of: "houses"))
        let objects = EndpointObjects(
            anchor: anchor, route: route,
            deployments: [
                "blue": .init(deployment: try deploymentObject()),
                "green": .init(deployment: try deploymentObject(.green)),
            ])
        let snapshot = EndpointReading(
            objects: objects, endpoint: "houses", giveUp: .init(), now: Timestamp(milliseconds: 0)
        ).snapshot
        #expect(snapshot.traffic.wanted == ["blue": 50, "green": 50])
        #expect(snapshot.definition.document["kubernetes"] == ["HTTPRoute spec.rules[0].timeouts.request": "1s"])
    }

    @Test("traffic is what it was until the gateway has taken the route as it is now")
    func actual() throws {
        func snapshot(seen: Int) throws -> EndpointSnapshot {
            var route = try routeObject(["green": 100], seen: seen)
            route.annotations[Mark.trafficBefore] = try ValueCoder.text(["blue": 100] as Traffic)
            let anchor = try #require(EndpointAnchor(route, of: "houses"))
            let objects = EndpointObjects(
                anchor: anchor, route: route, deployments: ["green": .init(deployment: try deploymentObject(.green))])
            return EndpointReading(
                objects: objects, endpoint: "houses", giveUp: .init(), now: Timestamp(milliseconds: 0)
            ).snapshot
        }
        #expect(try snapshot(seen: 4).traffic == DesiredAndActual(["green": 100]))
        #expect(try snapshot(seen: 3).traffic == DesiredAndActual(wanted: ["green": 100], actual: ["blue": 100]))
        #expect(try snapshot(seen: 3).state == .updating)
    }
}

@Suite("Who manages which field")
struct ManagedFieldsTests {
    @Test("patches of Turnout's own count as applied, and others' entries stay")
    func union() throws {
        let object = KubernetesObject(
            .deployments, name: "x",
            [
                "metadata": [
                    "managedFields": [
                        ["manager": "turnout", "operation": "Apply", "fieldsV1": ["f:spec": ["f:replicas": [:]]]],
                        ["manager": "turnout", "operation": "Update", "fieldsV1": ["f:spec": ["f:paused": [:]]]],
                        ["manager": "kubectl-edit", "operation": "Update", "fieldsV1": ["f:spec": [:]]],
                    ]
                ]
            ])
        let fields = try #require(ManagedFields(object).withPatchesApplied?.list)
        #expect(fields.count == 2)
        #expect(fields[0]["fieldsV1"] == ["f:spec": ["f:replicas": [:], "f:paused": [:]]])
        #expect(!ManagedFields(object).applies("kubectl-edit"))
        #expect(ManagedFields(object).managers == ["kubectl-edit", "turnout"])
    }
}
