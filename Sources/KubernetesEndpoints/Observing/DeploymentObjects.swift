internal import Rollouts

/// The objects of one deployment as they are at one moment.
struct DeploymentObjects {
    var deployment: KubernetesObject
    var service: KubernetesObject?
    var autoscaler: KubernetesObject?
    /// Of its Service.
    var slices: [KubernetesObject] = []
    /// Those that are not on their way out.
    var pods: [KubernetesObject] = []
    /// Whether requests that name it come to it: always, where the route is somebody else's; nil where the endpoint's
    /// own route has no rule for it.
    var routing: RouteReading.Acceptance? = .accepted
    /// True where a gateway that refuses has had its time.
    var isRoutingFinal = false
    /// What was told of Pods that do not serve, by their uid.
    var events: [String: PodEvent] = [:]

    /// How many addresses behind its Service take requests.
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

/// Reads what a deployment is from its objects.
struct DeploymentReading {
    let objects: DeploymentObjects
    let name: Name
    let endpoint: Name
    let giveUp: KubernetesSettings.GivingUp
    let now: Timestamp

    private var deployment: KubernetesObject { objects.deployment }

    var snapshot: DeploymentSnapshot {
        let verdict = self.verdict
        return DeploymentSnapshot(
            definition: definition, state: verdict.state,
            instances: .init(wanted: wanted, ready: ready, failed: failed), reason: verdict.reason)
    }

    /// Of the Pod whose container crashed, where that is why the deployment has failed or may.
    var crash: PodTrouble.Crash? { worst?.crash }

    // MARK: Instances

    /// Of a deployment that an autoscaler scales, the least that it keeps: what it adds is no drift.
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
            return (.deleting, kept.isEmpty ? "its Pods are ending" : "its Deployment has the finalizer \(kept)")
        }
        let isSeen = (deployment.observedGeneration ?? 0) >= (deployment.generation ?? 0)
        if isSeen, let failure { return (.failed, failure) }
        guard isSeen else { return (changing, "the Deployment's controller has not seen it yet") }
        let reason = worst?.reason
        if count("updatedReplicas") < replicas {
            return (
                changing,
                reason ?? replicaFailure?.words ?? "\(count("updatedReplicas")) of \(replicas) Pods are of this version"
            )
        }
        if count("replicas") > count("updatedReplicas") {
            return (changing, "\(count("replicas") - count("updatedReplicas")) Pods of the version before are ending")
        }
        if count("availableReplicas") < max(wanted, 0) || count("availableReplicas") < replicas {
            return (changing, reason ?? "\(count("availableReplicas")) of \(replicas) Pods are available")
        }
        if objects.service == nil { return (changing, "its Service is missing") }
        if objects.readyEndpoints < wanted {
            return (changing, "\(objects.readyEndpoints) of \(wanted) Pods are behind its Service")
        }
        switch objects.routing {
        case .accepted?: return (.succeeded, nil)
        // Its rule is written before it: whoever began to delete it, or edited the route, has taken that away.
        case nil: return (.failed, "the route has no rule for requests that name it")
        case .waiting(let what)?: return (changing, "waiting for \(what)")
        case .unresolved(let words)?: return (changing, words)
        case .refused(let words)?: return (objects.isRoutingFinal ? .failed : changing, words)
        }
    }

    /// True where the Deployment itself is as it is to be, whatever leads to its Pods.
    var isSettled: Bool {
        (deployment.observedGeneration ?? 0) >= (deployment.generation ?? 0) && count("updatedReplicas") >= replicas
            && count("replicas") == count("updatedReplicas") && count("availableReplicas") >= replicas
    }

    /// What it is called while it is on its way.
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

    /// Why it has failed for good.
    private var failure: String? {
        let worst = worst
        if let worst, worst.isFinal { return worst.reason }
        if let replicaFailure, replicaFailure.age >= giveUp.after, count("updatedReplicas") < replicas {
            return replicaFailure.words
        }
        guard let progress = deployment.condition("Progressing"), progress["status"]?.string == "False",
            let reason = progress["reason"]?.string, reason == "ProgressDeadlineExceeded"
        else { return nil }
        let message = progress["message"]?.string ?? "no progress in time"
        return (worst.map { $0.reason + "; " } ?? "") + "\(reason): \(message)"
    }

    /// Pods that were refused, by a quota or a webhook, in the server's words.
    private var replicaFailure: (words: String, age: Interval)? {
        guard let condition = deployment.condition("ReplicaFailure"), condition["status"]?.string == "True" else {
            return nil
        }
        // A later trial has its own time, and progress is none of a failure's.
        let since = [condition["lastTransitionTime"], deployment.condition("Progressing")?["lastUpdateTime"]]
            .compactMap { $0?.string.flatMap { Timestamp(rfc3339: $0) } }.max()
        let word = condition["reason"]?.string ?? "FailedCreate"
        return ("\(word): \(condition["message"]?.string ?? "Pods cannot be made")", since.map { now - $0 } ?? .zero)
    }

    /// Of the Pods of the present version: those of another one say nothing of this.
    private var troubles: [PodTrouble] {
        let template = deployment["spec", "template", "metadata", "labels", Mark.template]?.string
        let deadline = Interval.seconds(Int64(deployment["spec", "progressDeadlineSeconds"]?.integer ?? 600))
        return objects.pods.filter { $0.labels[Mark.template] == template && $0.deletionTimestamp == nil }
            .compactMap {
                PodTrouble($0, giveUp, deadline: deadline, now: now, event: $0.uid.flatMap { objects.events[$0] })
            }
    }

    /// Pods of the present version that do not serve although they had the time to: what was told of them says why.
    var podsInTrouble: [KubernetesObject] {
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

    private var worst: PodTrouble? {
        let troubles = troubles
        return troubles.first { $0.isFinal } ?? troubles.first
    }

    // MARK: Definition

    /// The definition that was applied, with what is otherwise now; the instance count is always what is there.
    ///
    /// Where somebody wrote something else in the annotation's place, no more than the names is known, which is drift.
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
