internal import FoundationEssentials
package import RolloutEngine
package import Rollouts

/// How Turnout's objects are called and marked in a cluster.
///
/// An object's name is `ENDPOINT-DEPLOYMENT`. Two pairs may give one name (`a-b` and `c`, `a` and `b-c`): the labels say
/// which of them it is, and the other pair is refused.
package enum ObjectNames {
    /// What Services, and labels, may have (RFC 1123 and 1035).
    static let longest = 63

    /// Of a deployment's Deployment, Service and autoscaler; of names that are too long the end is a digest.
    package static func object(of deployment: Name, in endpoint: Name) -> String {
        shortened("\(folded(endpoint))-\(folded(deployment))")
    }

    /// Of the ConfigMap with the code whose digest is `digest`; another code is another object.
    static func code(of deployment: Name, in endpoint: Name, digest: String) -> String {
        shortened("\(folded(endpoint))-\(folded(deployment))-code", ending: "-\(digest.prefix(10))")
    }

    /// Of the endpoint's route and, where the route is the user's, of the ConfigMap that keeps what is known of it.
    package static func route(of endpoint: Name) -> String { folded(endpoint) }

    /// Of its further routes, from 2 on; no endpoint's name has a dot.
    static func route(of endpoint: Name, part: Int) -> String { "\(folded(endpoint)).\(part)" }

    /// The number of a further route of the endpoint; nil where the name is none.
    static func part(_ route: String, of endpoint: Name) -> Int? {
        let prefix = folded(endpoint) + "."
        return route.hasPrefix(prefix) ? Int(route.dropFirst(prefix.count)) : nil
    }

    /// Names compare without case, and are lower-case in Kubernetes.
    static func folded(_ name: Name) -> String { name.text.lowercased() }

    private static func shortened(_ text: String, ending: String = "") -> String {
        guard text.utf8.count + ending.utf8.count > longest else { return text + ending }
        let digest = "-" + hexadecimalDigest(of: Data(text.utf8)).prefix(8)
        return text.prefix(longest - digest.count - ending.utf8.count) + digest + ending
    }
}

/// Labels and annotations of Turnout's objects.
package enum Mark {
    package static let manager = KubernetesClient.fieldManager

    package static let managedBy = "app.kubernetes.io/managed-by"
    /// The endpoint.
    package static let name = "app.kubernetes.io/name"
    /// The endpoint and the deployment: the name of its objects.
    package static let instance = "app.kubernetes.io/instance"
    /// The deployment.
    package static let deployment = "turnout.dev/deployment"

    package static let run = "turnout.dev/run"
    package static let stage = "turnout.dev/stage"
    package static let epoch = "turnout.dev/epoch"
    package static let plan = "turnout.dev/plan"
    /// The idempotency key of the change that was made last.
    package static let key = "turnout.dev/key"
    /// The definition as it was applied, in JSON.
    package static let definition = "turnout.dev/definition"
    /// What was applied of the object's `spec`, in JSON: what differs from it is somebody else's doing.
    package static let applied = "turnout.dev/applied"
    /// On Pods: a digest of the template that they were made from.
    package static let template = "turnout.dev/template"
    /// The traffic that clients had before the weights were changed, in JSON.
    package static let trafficBefore = "turnout.dev/traffic-before"

    /// Of everything that belongs to an endpoint.
    package static func labels(of endpoint: Name) -> [String: String] {
        [managedBy: manager, name: ObjectNames.folded(endpoint)]
    }

    /// Of everything that belongs to a deployment; they select its Pods, and never change.
    package static func labels(of deployment: Name, in endpoint: Name) -> [String: String] {
        var labels = labels(of: endpoint)
        labels[instance] = ObjectNames.object(of: deployment, in: endpoint)
        labels[Mark.deployment] = ObjectNames.folded(deployment)
        return labels
    }
}

/// Who changes an object, and as what: what every write says beside its effect.
package struct Author: Hashable, Sendable {
    package var context: ChangeContext
    /// The hash of the plan that is carried out; nil where there is none.
    package var plan: String?

    /// Of `home`, where its keys are to be told from those of others.
    package init(_ context: ChangeContext, plan: String? = nil, home: String? = nil) {
        self.context = context
        if let home { self.context.idempotencyKey = "\(home)/\(context.idempotencyKey)" }
        self.plan = plan
    }

    var annotations: [String: String] {
        var annotations = [
            Mark.run: "\(context.run)", Mark.stage: context.stage, Mark.epoch: "\(context.epoch)",
            Mark.key: context.idempotencyKey,
        ]
        annotations[Mark.plan] = plan
        return annotations
    }
}
