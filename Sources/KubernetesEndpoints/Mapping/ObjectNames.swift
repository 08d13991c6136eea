internal import FoundationEssentials
package import RolloutEngine
package import Rollouts

/// Names and marks of Turnout's objects in a cluster.
///
/// An object's name is `ENDPOINT-DEPLOYMENT`. Two pairs may result in one name (`a-b` and `c`, `a` and `b-c`): labels
/// show to
/// which pair the object belongs, and the other pair is refused.
package enum ObjectNames {
    /// The maximum length of names of Services and of label values (RFC 1123 and 1035).
    static let longest = 63

    /// The name of a deployment's Deployment, Service and autoscaler.
    ///
    /// The end of a name that is too long is a digest.
    package static func object(of deployment: Name, in endpoint: Name) -> String {
        shortened("\(folded(endpoint))-\(folded(deployment))")
    }

    /// The name of the ConfigMap with the code that has this digest.
    ///
    /// Different code is a different object.
    static func code(of deployment: Name, in endpoint: Name, digest: String) -> String {
        shortened("\(folded(endpoint))-\(folded(deployment))-code", ending: "-\(digest.prefix(10))")
    }

    /// The name of the endpoint's route or, if the user owns the route, of the ConfigMap that represents the endpoint.
    package static func route(of endpoint: Name) -> String { folded(endpoint) }

    /// The name of a further route, with numbers from 2.
    ///
    /// Names of endpoints contain no dot.
    static func route(of endpoint: Name, part: Int) -> String { "\(folded(endpoint)).\(part)" }

    /// The number of a further route of the endpoint; `nil` if the name is not one.
    static func part(_ route: String, of endpoint: Name) -> Int? {
        let prefix = folded(endpoint) + "."
        return route.hasPrefix(prefix) ? Int(route.dropFirst(prefix.count)) : nil
    }

    /// The name in lower case: names are compared without case, and Kubernetes requires lower case.
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
    /// The idempotency key of the last change.
    package static let key = "turnout.dev/key"
    /// JSON of the definition as it was applied.
    package static let definition = "turnout.dev/definition"
    /// JSON of the object's `spec` as it was applied.
    ///
    /// Differences from it were made by others.
    package static let applied = "turnout.dev/applied"
    /// On Pods: a digest of the template that they were created from.
    package static let template = "turnout.dev/template"
    /// JSON of the traffic that clients had before the weights were changed.
    package static let trafficBefore = "turnout.dev/traffic-before"

    /// The labels of all objects of an endpoint.
    package static func labels(of endpoint: Name) -> [String: String] {
        [managedBy: manager, name: ObjectNames.folded(endpoint)]
    }

    /// The labels of all objects of a deployment.
    ///
    /// They select its Pods and never change.
    package static func labels(of deployment: Name, in endpoint: Name) -> [String: String] {
        var labels = labels(of: endpoint)
        labels[instance] = ObjectNames.object(of: deployment, in: endpoint)
        labels[Mark.deployment] = ObjectNames.folded(deployment)
        return labels
    }
}

/// The origin of a change, which is recorded in every write.
package struct Author: Hashable, Sendable {
    package var context: ChangeContext
    /// The hash of the plan that is being executed; `nil` if there is none.
    package var plan: String?

    /// Creates an author.
    ///
    /// If `home` is given, it distinguishes the change's key from those of other homes.
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
