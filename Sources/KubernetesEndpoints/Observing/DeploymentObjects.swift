internal import Rollouts

/// The objects of one deployment at one moment.
struct DeploymentObjects {
    var deployment: KubernetesObject
    var service: KubernetesObject?
    var autoscaler: KubernetesObject?
    /// The EndpointSlices of its Service.
    var slices: [KubernetesObject] = []
    /// The Pods that are not being deleted.
    var pods: [KubernetesObject] = []
    /// The state of the rule for requests that name the deployment; `nil` if the endpoint's own route has no such rule.
    ///
    /// It is always `accepted` if the user owns the route.
    var routing: RouteReading.Acceptance? = .accepted
    /// Whether a gateway that refuses the route has had enough time.
    var isRoutingFinal = false
    /// The last events of Pods that do not serve, by the Pods' UIDs.
    var events: [String: PodEvent] = [:]

    /// The number of addresses behind its Service that accept requests.
    var readyEndpoints: Int {
        var addresses: Set<String> = []
        for slice in slices {
            for endpoint in slice["endpoints"]?.list ?? [] where endpoint["conditions"]?["ready"]?.bool ?? true {
                for address in endpoint["addresses"]?.list ?? [] { addresses.insert(address.string ?? "") }
            }
        }
        return addresses.count
    }
}

/// Derives a deployment's state from its objects.
struct DeploymentReading {
    let objects: DeploymentObjects
    let name: Name
    let endpoint: Name
    let giveUp: KubernetesSettings.FailureLimits
    let now: Timestamp

    private var deployment: KubernetesObject { objects.deployment }

    var snapshot: DeploymentSnapshot {
        let verdict = self.verdict
        return DeploymentSnapshot(
            definition: definition, state: verdict.state,
            instances: .init(wanted: wanted, ready: ready, failed: failed), reason: verdict.reason)
    }

    /// The crashed container that is, or may become, the reason why the deployment has failed.
    var crash: PodProblem.Crash? { worst?.crash }

    // MARK: Instances

    /// The desired instances; with an autoscaler its minimum, since additional replicas are not drift.
    private var wanted: Int {
        objects.autoscaler?["spec", "minReplicas"]?.integer ?? replicas
    }

    private var replicas: Int { deployment["spec", "replicas"]?.integer ?? 1 }

    private func count(_ key: String) -> Int { deployment["status", key]?.integer ?? 0 }

    private var ready: Int { min(count("availableReplicas"), objects.readyEndpoints, max(wanted, 0)) }

    private var failed: Int { min(troubles.count { $0.isFinal }, max(wanted - ready, 0)) }

    // MARK: State

    private var verdict: (state: ProvisioningState, reason: String?) {
        if deployment.deletionTimestamp != nil {
            let kept = deployment.foreignFinalizers.joined(separator: ", ")
            return (.deleting, kept.isEmpty ? "its Pods are ending" : "its Deployment is kept by the finalizer \(kept)")
        }
        let isSeen = (deployment.observedGeneration ?? 0) >= (deployment.generation ?? 0)
        if isSeen, let failure { return (.failed, failure) }
        guard isSeen else { return (changing, "the Deployment's controller has not processed it yet") }
        let reason = worst?.reason
        if count("updatedReplicas") < replicas {
            return (
                changing,
                reason ?? replicaFailure?.words ?? "\(count("updatedReplicas")) of \(replicas) Pods have this version"
            )
        }
        if count("replicas") > count("updatedReplicas") {
            return (changing, "\(count("replicas") - count("updatedReplicas")) Pods of the previous version are ending")
        }
        if count("availableReplicas") < max(wanted, 0) || count("availableReplicas") < replicas {
            return (changing, reason ?? "\(count("availableReplicas")) of \(replicas) Pods are available")
        }
        if objects.service == nil { return (changing, "its Service is missing") }
        if objects.readyEndpoints < wanted {
            return (changing, "\(objects.readyEndpoints) of \(wanted) Pods are reachable through its Service")
        }
        switch objects.routing {
        case .accepted?: return (.succeeded, nil)
        // Its rule is written before it, so it was removed by a deletion that has begun, or by an edit of the route.
        case nil: return (.failed, "the route has no rule for requests that name this deployment")
        case .waiting(let what)?: return (changing, "waiting for \(what)")
        case .unresolved(let words)?: return (changing, words)
        case .refused(let words)?: return (objects.isRoutingFinal ? .failed : changing, words)
        }
    }

    /// Whether the Deployment itself has reached its desired state, regardless of routing.
    var isSettled: Bool {
        (deployment.observedGeneration ?? 0) >= (deployment.generation ?? 0) && count("updatedReplicas") >= replicas
            && count("replicas") == count("updatedReplicas") && count("availableReplicas") >= replicas
    }

    /// The provisioning state during a change.
    private var changing: ProvisioningState {
        let hasBeenComplete = deployment.condition("Progressing")?["reason"]?.string == "NewReplicaSetAvailable"
        if hasBeenComplete, count("replicas") == count("updatedReplicas"),
            (deployment.observedGeneration ?? 0) >= (deployment.generation ?? 0)
        {
            return .scaling
        }
        let revision = deployment.annotations["deployment.kubernetes.io/revision"] ?? "1"
        return revision == "1" && !hasBeenComplete ? .creating : .updating
    }

    /// The reason why it has failed for good; `nil` if it has not.
    private var failure: String? {
        let worst = worst
        if let worst, worst.isFinal { return worst.reason }
        if let replicaFailure, replicaFailure.age >= giveUp.after, count("updatedReplicas") < replicas {
            return replicaFailure.words
        }
        guard let progress = deployment.condition("Progressing"), progress["status"]?.string == "False",
            let reason = progress["reason"]?.string, reason == "ProgressDeadlineExceeded"
        else { return nil }
        let message = progress["message"]?.string ?? "no progress before the deadline"
        return (worst.map { $0.reason + "; " } ?? "") + "\(reason): \(message)"
    }

    /// The server's message about Pods that were refused, by a quota or a webhook, and its age.
    private var replicaFailure: (words: String, age: Interval)? {
        guard let condition = deployment.condition("ReplicaFailure"), condition["status"]?.string == "True" else {
            return nil
        }
        // The time counts from the start of the present trial or the last progress, whichever is later.
        let since = [condition["lastTransitionTime"], deployment.condition("Progressing")?["lastUpdateTime"]]
            .compactMap { $0?.string.flatMap { Timestamp(rfc3339: $0) } }.max()
        let word = condition["reason"]?.string ?? "FailedCreate"
        return ("\(word): \(condition["message"]?.string ?? "Pods cannot be created")", since.map { now - $0 } ?? .zero)
    }

    /// The problems of the Pods of the present version.
    ///
    /// Those of other versions are not relevant.
    private var troubles: [PodProblem] {
        let template = deployment["spec", "template", "metadata", "labels", Mark.template]?.string
        let deadline = Interval.seconds(Int64(deployment["spec", "progressDeadlineSeconds"]?.integer ?? 600))
        return objects.pods.filter { $0.labels[Mark.template] == template && $0.deletionTimestamp == nil }
            .compactMap {
                PodProblem($0, giveUp, deadline: deadline, now: now, event: $0.uid.flatMap { objects.events[$0] })
            }
    }

    /// Pods of the present version that do not serve although they had time to, whose events explain why; at most
    /// three.
    var podsWithProblems: [KubernetesObject] {
        guard !isSettled else { return [] }
        let template = deployment["spec", "template", "metadata", "labels", Mark.template]?.string
        let waiting = objects.pods.filter { pod in
            let age = pod.creationTimestamp.flatMap { Timestamp(rfc3339: $0) }.map { now - $0 } ?? .zero
            return pod.labels[Mark.template] == template && pod.condition("Ready")?["status"]?.string != "True"
                && age >= .seconds(2)
        }
        return Array(
            waiting.sorted { ($0.creationTimestamp ?? "", $0.name) < ($1.creationTimestamp ?? "", $1.name) }
                .prefix(3))
    }

    private var worst: PodProblem? {
        let troubles = troubles
        return troubles.first { $0.isFinal } ?? troubles.first
    }

    // MARK: Definition

    /// The definition as it was applied, with fields that differ in the cluster.
    ///
    /// The instance count is always the present one.
    ///
    /// If another client replaced the annotation, only the names are known, which is drift.
    var definition: DeploymentDefinition {
        var definition =
            deployment.annotations[Mark.definition]
            .flatMap { try? ValueCoder.decode(DeploymentDefinition.self, from: $0) }
            ?? DeploymentDefinition(
                name: name, endpoint: endpoint,
                document: ["name": .string(name.text), "endpoint_name": .string(endpoint.text)])
        definition = definition.showing(HiddenValues.variables(in: deployment["spec"] ?? [:]))
        definition.instanceCount = wanted
        definition.document = DriftedDocument(of: objects).document(definition.document)
        return definition
    }
}
