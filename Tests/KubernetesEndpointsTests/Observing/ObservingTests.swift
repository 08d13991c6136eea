import RolloutTesting
import Rollouts
import Testing

@testable import KubernetesEndpoints

/// A minute after ``pod(_:made:_:)`` was made.
private let now = Timestamp(rfc3339: "2026-11-24T20:01:00Z") ?? Timestamp(milliseconds: 0)

@Suite("What a deployment is, as its objects tell")
struct ObservingTests {
    private func read(
        _ deployment: KubernetesObject, pods: [KubernetesObject] = [], endpoints: Int? = nil,
        routing: RouteReading.Acceptance? = .accepted,
        autoscaler: KubernetesObject? = nil, at time: Timestamp = now
    ) throws -> DeploymentSnapshot {
        let ready = endpoints ?? deployment["status", "availableReplicas"]?.integer ?? 0
        return DeploymentReading(
            objects: DeploymentObjects(
                deployment: deployment, service: try manifest(.blue).service(by: .sample), autoscaler: autoscaler,
                slices: [slice(ready: ready)], pods: pods, routing: routing),
            name: "blue", endpoint: "houses", giveUp: .init(), now: time
        ).snapshot
    }

    @Test("complete is ready, with the definition as it was applied")
    func ready() throws {
        let snapshot = try read(try deploymentObject(.sample("blue", instances: 2)))
        #expect(snapshot.isReady)
        #expect(snapshot.definition == .sample("blue", instances: 2))
        #expect(snapshot.reason == nil)
    }

    /// What is not complete yet, and the state that it is then.
    static let unfinished: [(String, [String: Value], ProvisioningState)] = [
        ("not seen by its controller", ["observedGeneration": 0], .creating),
        ("old Pods left", ["replicas": 2, "conditions": []], .creating),
        ("not updated", ["updatedReplicas": 0, "conditions": []], .creating),
        ("not available", ["availableReplicas": 0], .scaling),
    ]

    @Test("what is not complete is busy", arguments: unfinished)
    func busy(what: String, status: [String: Value], state: ProvisioningState) throws {
        let snapshot = try read(try deploymentObject(status: status))
        #expect(snapshot.state.isBusy && !snapshot.isReady, "\(what)")
        if status["observedGeneration"] == nil { #expect(snapshot.state == state) }
        #expect(snapshot.reason != nil)
    }

    @Test("Pods behind the Service and a rule of the route belong to being ready")
    func reachable() throws {
        #expect(try read(try deploymentObject(), endpoints: 0).isReady == false)
        #expect(try read(try deploymentObject(), routing: .waiting("no rule")).isReady == false)
        // Deploying it again brings its rule back; waiting for it would last for ever.
        #expect(try read(try deploymentObject(), routing: nil).state == .failed)
    }

    private static let deadline = Interval.minutes(10)

    struct Trouble: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status: Value
        /// Begins with it.
        var reason: String
        var isFinal: Bool
        var made = "2026-11-24T20:00:00Z"
    }

    private static func waiting(_ reason: String, _ message: String = "", restarts: Int = 0, exit: Int? = nil) -> Value
    {
        var status: [String: Value] = [
            "name": "inference-server", "restartCount": .integer(restarts), "image": "x:1",
            "state": ["waiting": ["reason": .string(reason), "message": .string(message)]],
        ]
        if let exit { status["lastState"] = ["terminated": ["exitCode": .integer(exit), "reason": "OOMKilled"]] }
        return ["phase": "Pending", "containerStatuses": [.mapping(status)]]
    }

    private static func unschedulable(since: String) -> Value {
        [
            "phase": "Pending",
            "conditions": [
                [
                    "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                    "message": "0/3 nodes are available: 3 Insufficient cpu.", "lastTransitionTime": .string(since),
                ]
            ],
        ]
    }

    static let troubles: [Trouble] = [
        Trouble(
            testDescription: "an image that cannot be pulled for a minute",
            status: waiting("ImagePullBackOff", "Back-off pulling image"),
            reason: "ImagePullBackOff of x:1: Back-off pulling image", isFinal: true),
        Trouble(
            testDescription: "an image that cannot be pulled for a moment",
            status: waiting("ErrImagePull", "no such tag"),
            reason: "ErrImagePull of x:1: no such tag", isFinal: false, made: "2026-11-24T20:00:50Z"),
        Trouble(
            testDescription: "a name that can be no image's", status: waiting("InvalidImageName", "couldn't parse"),
            reason: "InvalidImageName", isFinal: true, made: "2026-11-24T20:00:59Z"),
        Trouble(
            testDescription: "a container that was started again three times",
            status: waiting("CrashLoopBackOff", restarts: 3, exit: 137),
            reason:
                "CrashLoopBackOff: container inference-server exited with 137 (OOMKilled) and was restarted 3 times",
            isFinal: true),
        Trouble(
            testDescription: "a container that was started again once",
            status: waiting("CrashLoopBackOff", restarts: 1, exit: 1),
            reason: "CrashLoopBackOff: container inference-server exited with 1", isFinal: false),
        Trouble(
            testDescription: "a Secret that is missing",
            status: waiting("CreateContainerConfigError", "secret \"x\" not found"),
            reason: "CreateContainerConfigError: secret \"x\" not found", isFinal: true),
        Trouble(
            testDescription: "no node for six minutes", status: unschedulable(since: "2026-11-24T19:55:00Z"),
            reason: "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.", isFinal: true),
        Trouble(
            testDescription: "no node for a minute", status: unschedulable(since: "2026-11-24T20:00:00Z"),
            reason: "Unschedulable: 0/3 nodes", isFinal: false),
        Trouble(
            testDescription: "evicted", status: ["phase": "Failed", "reason": "Evicted", "message": "low on memory"],
            reason: "Evicted: low on memory", isFinal: false),
        Trouble(
            testDescription: "not ready for an hour",
            status: [
                "phase": "Running", "conditions": [["type": "Ready", "status": "False", "message": "not ready"]],
            ],
            reason: "not ready 3660 s after its creation: not ready", isFinal: true, made: "2026-11-24T19:00:00Z"),
    ]

    @Test("what a Pod says is the reason, and final only where waiting no longer helps", arguments: troubles)
    func trouble(_ trouble: Trouble) throws {
        let deployment = try deploymentObject(status: ["availableReplicas": 0, "conditions": []])
        let snapshot = try read(deployment, pods: [pod(deployment, made: trouble.made, trouble.status)])
        #expect(snapshot.reason?.hasPrefix(trouble.reason) == true, "\(snapshot.reason ?? "nothing")")
        #expect((snapshot.state == .failed) == trouble.isFinal)
        #expect((snapshot.failure != nil) == trouble.isFinal)
        #expect(snapshot.instances.failed == (trouble.isFinal ? 1 : 0))
    }

    private static func told(_ reason: String, _ message: String, at second: Int, type: String = "Warning")
        -> KubernetesObject
    {
        KubernetesObject([
            "kind": "Event", "type": .string(type), "reason": .string(reason), "message": .string(message),
            "lastTimestamp": .string("2026-11-24T20:00:\(second)Z"),
        ])
    }

    /// The events of a Pod, its status, and what is to be read out of them.
    static let told: [([KubernetesObject], Value, String?, Bool)] = [
        (
            [told("Scheduled", "assigned", at: 10, type: "Normal"), told("FailedMount", "secret x not found", at: 20)],
            waiting("ContainerCreating"), "FailedMount: secret x not found", true
        ),
        // What was told before the last thing is over.
        (
            [told("FailedMount", "secret x not found", at: 10), told("Pulling", "image", at: 20, type: "Normal")],
            waiting("ContainerCreating"), "0 of 1 Pods are available", false
        ),
        (
            [told("Started", "x", at: 10, type: "Normal"), told("Unhealthy", "Readiness probe failed: 503", at: 20)],
            ["phase": "Running"], "Unhealthy: Readiness probe failed: 503", false
        ),
        (
            [
                told("Failed", "Failed to pull image \"x:1\": not found", at: 10), told("Failed", "Error: y", at: 11),
                told("BackOff", "Back-off", at: 20, type: "Normal"),
            ],
            waiting("ImagePullBackOff", "Back-off"),
            "ImagePullBackOff of x:1: Back-off; Failed to pull image \"x:1\": not found", true
        ),
    ]

    @Test("what was told last of a Pod says why it does not serve", arguments: told)
    func events(_ events: [KubernetesObject], _ status: Value, _ reason: String?, _ isFinal: Bool) throws {
        let deployment = try deploymentObject(status: ["availableReplicas": 0])
        var pod = pod(deployment, status)
        pod["metadata", "uid"] = "pod-1"
        let reading = DeploymentReading(
            objects: DeploymentObjects(
                deployment: deployment, service: try manifest(.blue).service(by: .sample), pods: [pod],
                events: PodEvent(events).map { ["pod-1": $0] } ?? [:]),
            name: "blue", endpoint: "houses", giveUp: .init(), now: now)
        #expect(reading.podsWithProblems == [pod])
        #expect(reading.snapshot.reason == reason)
        #expect((reading.snapshot.state == .failed) == isFinal)
    }

    @Test("Pods of another version say nothing of this one")
    func otherVersion() throws {
        let deployment = try deploymentObject(status: ["availableReplicas": 0])
        var old = pod(deployment, Self.waiting("CrashLoopBackOff", restarts: 9, exit: 1))
        old["metadata", "labels", Mark.template] = "another"
        #expect(try read(deployment, pods: [old]).state != .failed)
    }

    @Test("a container that runs again after a crash serves")
    func recovered() throws {
        let deployment = try deploymentObject()
        let status: Value = [
            "phase": "Running", "conditions": [["type": "Ready", "status": "True"]],
            "containerStatuses": [
                ["name": "inference-server", "restartCount": 5, "lastState": ["terminated": ["exitCode": 1]]]
            ],
        ]
        #expect(try read(deployment, pods: [pod(deployment, status)]).isReady)
    }

    @Test(
        "conditions of the Deployment fail it, in the server's words",
        arguments: [
            ("Progressing", "False", "ProgressDeadlineExceeded", "has timed out progressing", true),
            ("ReplicaFailure", "True", "FailedCreate", "exceeded quota: models", true),
            ("ReplicaFailure", "True", "FailedCreate", "admission webhook \"x\" denied the request: no", true),
            ("Progressing", "True", "ReplicaSetUpdated", "is progressing", false),
        ])
    func conditions(type: String, status: String, reason: String, message: String, fails: Bool) throws {
        let condition: Value = [
            "type": .string(type), "status": .string(status), "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": "2026-11-24T19:59:00Z",
        ]
        let snapshot = try read(
            try deploymentObject(status: ["availableReplicas": 0, "updatedReplicas": 0, "conditions": [condition]]))
        #expect((snapshot.state == .failed) == fails)
        if fails { #expect(snapshot.reason == "\(reason): \(message)") }
    }

    @Test("what an autoscaler adds is no drift")
    func autoscaled() throws {
        let definition = DeploymentDefinition.sample(
            "blue", instances: 2, ["scale_settings": ["type": "target_utilization", "max_instances": 9]])
        let deployment = try deploymentObject(
            definition, status: ["replicas": 5, "updatedReplicas": 5, "availableReplicas": 5]
        ) {
            $0["spec", "replicas"] = 5
        }
        let snapshot = try read(deployment, autoscaler: try manifest(definition).autoscaler(by: .sample))
        #expect(snapshot.instances == .init(wanted: 2, ready: 2))
        #expect(snapshot.definition == definition)
    }

    @Test("being deleted")
    func deleting() throws {
        var deployment = try deploymentObject { $0["metadata", "deletionTimestamp"] = "2026-11-24T20:00:00Z" }
        deployment["metadata", "finalizers"] = ["foregroundDeletion"]
        #expect(try read(deployment).state == .deleting)
        #expect(try read(deployment).reason == "its Pods are ending")
        deployment["metadata", "finalizers"] = ["foregroundDeletion", "example.com/hold"]
        #expect(try read(deployment).reason == "its Deployment is kept by the finalizer example.com/hold")
    }
}
