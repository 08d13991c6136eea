import FoundationEssentials
@testable import KubernetesEndpoints
import HTTPTransport
import RolloutTesting
import Rollouts
import Testing

@Suite("Requests to the API server") struct RequestTests {
    private let server = ScriptedCluster { _, _ in
        try .json(["metadata": ["name": "x"], "spec": ["replicas": 3], "status": ["replicas": 2, "allowed": true]])
    }

    private func last() throws -> HTTPRequest { try #require(server.requests.last) }
    private func body() throws -> Value { try JSONReader.value(try #require(try last().body)) }

    @Test("apply names the field manager, never forces, and carries the object as it is")
    func apply() async throws {
        var object = KubernetesObject(.deployments, name: "houses-blue", namespace: "models", ["spec": ["x": .null]])
        object.resourceVersion = "7"
        try await server.client().apply(.deployments, object)
        let request = try last()
        #expect(request.method == .patch)
        #expect(
            request.path
                == "/apis/apps/v1/namespaces/models/deployments/houses-blue?fieldManager=turnout&force=false")
        #expect(request["Content-Type"] == "application/apply-patch+yaml")
        #expect(request["User-Agent"] == "turnout/0.1.0")
        #expect(request["Authorization"] == "Bearer secret-token")
        #expect(try body() == object.value)
        try await server.client().apply(.deployments, object, dryRun: true)
        #expect(try last().path.hasSuffix("&dryRun=All"))
    }

    @Test("delete carries preconditions and propagation, and tells whether there was something")
    func delete() async throws {
        #expect(try await server.client().delete(.services, "x", in: "models", uid: "u", resourceVersion: "9"))
        #expect(try last().path == "/api/v1/namespaces/models/services/x")
        #expect(
            try body() == [
                "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground",
                "preconditions": ["uid": "u", "resourceVersion": "9"],
            ])
        try await server.client().delete(.services, "x", in: "models", propagation: .background)
        #expect(
            try body() == [
                "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            ])
        let empty = ScriptedCluster { _, _ in try .refusal(404, "NotFound", "no") }
        #expect(try await !empty.client().delete(.services, "x", in: "models"))
        #expect(try await empty.client().get(.services, "x", in: "models") == nil)
        #expect(try await empty.client().scale(of: .deployments, "x", in: "models") == nil)
    }

    @Test(
        "a name that could stand for another path, or for all objects, is never sent",
        arguments: ["", ".", "..", "a/b", "a%2fb"])
    func names(name: String) async throws {
        let client = try server.client()
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await client.get(.services, name, in: "models") },
            { try await client.delete(.services, name, in: "models") },
            { try await client.delete(.services, "x", in: name) },
            { _ = try await client.logs(of: name, in: "models") },
        ]
        for call in calls {
            let error = await #expect(throws: KubernetesError.self) { try await call() }
            #expect(error?.code == .invalid)
        }
        #expect(server.requests.isEmpty)
    }

    @Test("JSON Patch")
    func patch() async throws {
        try await server.client().patch(
            .httpRoutes, "houses", in: "models",
            [
                .test("/spec/rules/0/backendRefs/0/weight", 90), .replace("/spec/rules/0/backendRefs/0/weight", 0),
                .add("/metadata/annotations/\(PatchOperation.escaped("turnout.dev/run~1"))", "r"), .remove("/x"),
            ])
        #expect(try last()["Content-Type"] == "application/json-patch+json")
        #expect(
            try body() == [
                ["op": "test", "path": "/spec/rules/0/backendRefs/0/weight", "value": 90],
                ["op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 0],
                ["op": "add", "path": "/metadata/annotations/turnout.dev~1run~01", "value": "r"],
                ["op": "remove", "path": "/x"],
            ])
    }

    @Test("scale goes by the subresource")
    func scale() async throws {
        let scale = try await server.client().setScale(of: .deployments, "x", in: "models", to: 3, resourceVersion: "4")
        #expect(scale == Scale(wanted: 3, actual: 2, resourceVersion: nil))
        #expect(try last().path == "/apis/apps/v1/namespaces/models/deployments/x/scale?fieldManager=turnout")
        #expect(
            try body() == [
                "apiVersion": "autoscaling/v1", "kind": "Scale", "spec": ["replicas": 3],
                "metadata": ["name": "x", "namespace": "models", "resourceVersion": "4"],
            ])
    }

    @Test("logs are lines with their moments")
    func logs() async throws {
        let text =
            "2026-11-22T10:00:00.123456789Z one\n2026-11-22T10:00:01Z \nno moment\n2026-11-22T10:00:02+01:00 x y\n"
        let server = ScriptedCluster { _, _ in StreamedResponse(status: 200, body: HTTPBody([Array(text.utf8)])) }
        let lines = try await server.client().logs(
            of: "p", in: "models", container: "server", tail: 10, previous: true, since: .sample)
        #expect(lines.map(\.text) == ["one", "", "no moment", "x y"])
        #expect(
            lines.map(\.at) == [
                Timestamp.sample + .milliseconds(123), Timestamp.sample + .seconds(1), nil,
                Timestamp.sample + .seconds(2 - 3600),
            ])
        #expect(
            server.requests.first?.path
                == "/api/v1/namespaces/models/pods/p/log?container=server&tailLines=10&previous=true"
                + "&sinceTime=2026-11-22T10:00:00.000Z&timestamps=true&limitBytes=16777216")
    }

    @Test("the proxy hands on whatever the server behind answers, but not what the API server refuses")
    func proxy() async throws {
        let behind = ScriptedCluster { _, _ in
            StreamedResponse(status: 503, headers: [("x-a", "b")], body: HTTPBody([Array("busy".utf8)]))
        }
        let answer = try await behind.client().proxy(
            .service("houses-blue", port: "http"), in: "models", .post, path: "score?x=1",
            headers: [("Authorization", "mine"), ("azureml-model-deployment", "blue"), ("Content-Type", "text/plain")],
            body: Data("{}".utf8))
        #expect(answer.status == 503 && String(decoding: answer.body, as: UTF8.self) == "busy")
        let request = try #require(behind.requests.first)
        #expect(behind.requests.count == 1)
        #expect(request.path == "/api/v1/namespaces/models/services/houses-blue:http/proxy/score?x=1")
        #expect(request["Authorization"] == "Bearer secret-token")
        #expect(request["azureml-model-deployment"] == "blue" && request["Content-Type"] == "text/plain")
        let refusing = ScriptedCluster { _, _ in
            try .refusal(503, "ServiceUnavailable", "no endpoints available for service \"houses-blue\"")
        }
        let error = await #expect(throws: KubernetesError.self) {
            try await refusing.client().proxy(.pod("p"), in: "models", .post, path: "/")
        }
        #expect(error?.message.contains("no endpoints available") == true)
        #expect(ProxyTarget.service("x", port: "443", isSecure: true).segment == "https:x:443")
    }

    @Test("lists come in pages, with the types that items don't repeat; labels and fields select")
    func pages() async throws {
        let server = ScriptedCluster { request, _ in
            let bare = KubernetesObject(["metadata": ["name": "b"]])
            return request.path.contains("continue=next%2F1")
                ? try .list([bare], at: "8") : try .list([service("a", version: 3)], at: "8", continuing: "next/1")
        }
        let list = try await server.client().list(
            .services, in: "models", labels: Selector([.equals("app", "x"), .exists("run")]),
            fields: ["metadata.name": "a"], pageSize: 1)
        #expect(list.objects.map(\.name) == ["a", "b"] && list.resourceVersion == "8")
        #expect(list.objects.allSatisfy { $0.kind == "Service" && $0.apiVersion == "v1" })
        #expect(
            server.requests.first?.path
                == "/api/v1/namespaces/models/services?labelSelector=app%3Dx%2Crun&fieldSelector=metadata.name%3Da&limit=1"
        )
    }

    @Test("a list that expires between pages is begun again, once")
    func expiredPages() async throws {
        let server = ScriptedCluster { request, number in
            if request.path.contains("continue=old") { return try .refusal(410, "Expired", "too old") }
            return number == 0
                ? try .list([service("gone", version: 1)], at: "2", continuing: "old")
                : try .list([service("a", version: 3)], at: "4")
        }
        #expect(try await server.client().list(.services, in: "models").objects.map(\.name) == ["a"])
        let hopeless = ScriptedCluster { request, _ in
            if request.path.contains("continue") { return try .refusal(410, "Expired", "too old") }
            return try .list([], at: "2", continuing: "old")
        }
        let error = await #expect(throws: KubernetesError.self) { try await hopeless.client().list(.services) }
        #expect(error?.code == .expired && hopeless.requests.count == 4)
    }

    @Test("discovery finds the preferred version that has a type")
    func discovery() async throws {
        let server = ScriptedCluster { request, _ in
            switch request.path {
            case "/apis/gateway.networking.k8s.io":
                try .json([
                    "preferredVersion": ["version": "v1"],
                    "versions": [["version": "v1beta1"], ["version": "v1"], ["version": "v1alpha2"]],
                ])
            case "/apis/gateway.networking.k8s.io/v1":
                try .json(["resources": [["name": "gateways", "kind": "Gateway", "namespaced": true]]])
            case "/apis/gateway.networking.k8s.io/v1beta1":
                try .json([
                    "resources": [
                        ["name": "httproutes/status", "kind": "HTTPRoute", "namespaced": true],
                        ["name": "httproutes", "kind": "HTTPRoute", "namespaced": true],
                    ]
                ])
            case "/version": try .json(["gitVersion": "v1.20.2"])
            default: try .refusal(404, "NotFound", "no")
            }
        }
        let client = try server.client()
        #expect(try await client.versions(ofGroup: "gateway.networking.k8s.io") == ["v1", "v1beta1", "v1alpha2"])
        #expect(try await client.served(.httpRoutes) == ResourceType.httpRoutes.at(version: "v1beta1"))
        #expect(try await client.served(.horizontalPodAutoscalers) == nil)
        #expect(try await client.versions(ofGroup: "no.such") == nil)
        #expect(try await client.serverVersion() == "v1.20.2")
    }

    @Test("an access review asks for exactly one right")
    func access() async throws {
        #expect(
            try await server.client().canI(
                Access("patch", .deployments, subresource: "scale", namespace: "models")))
        #expect(try last().path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        #expect(
            try body()["spec"] == [
                "resourceAttributes": [
                    "verb": "patch", "group": "apps", "resource": "deployments", "subresource": "scale",
                    "namespace": "models",
                ]
            ])
        #expect(
            Access("patch", .deployments, subresource: "scale", namespace: "models").description
                == "patch deployments.apps/scale in namespace models")
    }
}

@Suite("Objects of the API") struct ObjectTests {
    @Test("keep what is not known, and give what all kinds share")
    func members() {
        var object = KubernetesObject([
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": [
                "name": "x", "uid": "u", "generation": 4, "labels": ["a": "b", "odd": 1],
                "ownerReferences": [
                    ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "1", "controller": true],
                    ["kind": "X"],
                ],
            ],
            "status": ["observedGeneration": 3], "unknown": [1, ["deep": .null]],
        ])
        #expect(object.name == "x" && object.uid == "u" && object.generation == 4 && object.observedGeneration == 3)
        #expect(object.labels == ["a": "b"] && object.ownerReferences.map(\.name) == ["r"])
        #expect(object.ownerReferences.first?.isController == true)
        object.annotations = ["turnout.dev/run": "r-1"]
        object["spec", "template", "spec", "hostname"] = "h"
        object["spec", "none", "deeper"] = nil
        object["metadata", "uid"] = nil
        #expect(object["unknown"] == [1, ["deep": .null]])
        #expect(object["spec"] == ["template": ["spec": ["hostname": "h"]]])
        #expect(object["metadata", "annotations", "turnout.dev/run"] == "r-1" && object.uid == nil)
    }

    @Test(
        "moments of RFC 3339",
        arguments: [
            ("2026-11-22T10:00:00Z", 0), ("2026-11-22T10:00:00.5Z", 500), ("2026-11-22T10:00:00.123456789Z", 123),
            ("2026-11-22T12:00:00+02:00", 0), ("2026-11-22T09:30:00.25-00:30", 250),
        ] as [(String, Int64)])
    func moments(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp.sample + .milliseconds(milliseconds))
    }

    @Test("what is no moment", arguments: ["", "now", "2026-11-22", "2026-11-22T10:00:00.Z", "2026-11-22 10:00", "."])
    func noMoments(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
