package import Rollouts

/// What a playbook says under `backends.kubernetes`: where endpoints are, and how deployments become Pods.
///
/// Text that is empty counts as not given, so that an input may have no default.
package struct KubernetesSettings: Hashable, Sendable {
    /// A kubeconfig's path; nil: what `KUBECONFIG` says, as `kubectl` does.
    package var kubeconfig: String?
    /// A context of the kubeconfig; nil: its current one.
    package var context: String?
    /// Nil: the context's.
    package var namespace: String?
    package var gateway: GatewayChoice?
    /// A route that the user owns, of which Turnout changes the weights of one rule and nothing else.
    package var route: RouteChoice?
    /// The image of every deployment, in place of what its file says.
    package var image: String?
    /// The image of one deployment; goes before ``image``.
    package var images: [Name: String] = [:]
    package var instanceTypes: [String: InstanceType] = [:]
    /// Under which the Pods run; nil: the namespace's default.
    package var serviceAccount: String?
    package var imagePullSecrets: [String] = []
    package var giveUp = GivingUp()
    /// Nil: nobody tells what becomes of requests.
    package var metrics: MetricsChoice?
    /// How long a container that is to end sleeps first, serving on until every proxy has heard of it; 0: not at all,
    /// for an image without the program `sleep`, whose server then has to go on for a while after SIGTERM.
    package var drainSeconds = 5

    /// The gateway through which clients come.
    package struct GatewayChoice: Hashable, Sendable {
        package var name: String
        /// Nil: that of the endpoint.
        package var namespace: String?
        /// Where it listens: `http://host:port`; nil: what the Gateway's status says.
        package var address: String?
        /// A listener of it; nil: every one.
        package var sectionName: String?
        /// What clients call the endpoint by; none: every name.
        ///
        /// Endpoints that share a gateway need one each.
        package var hostnames: [String]

        package init(
            name: String, namespace: String? = nil, address: String? = nil, sectionName: String? = nil,
            hostnames: [String] = []
        ) {
            self.name = name
            self.namespace = namespace
            self.address = address
            self.sectionName = sectionName
            self.hostnames = hostnames
        }
    }

    package struct RouteChoice: Hashable, Sendable {
        package var name: String
        package var rule: Rule

        package init(name: String, rule: Rule) {
            self.name = name
            self.rule = rule
        }

        package enum Rule: Hashable, Sendable {
            case index(Int)
            /// The rule's `name`, which Gateway API has since v1.2.
            case named(String)
        }
    }

    /// What an `instance_type` stands for in this cluster.
    package struct InstanceType: Hashable, Sendable {
        package var nodeSelector: [String: String] = [:]
        /// `requests` and `limits`, as in a deployment's file.
        package var resources: Value = [:]
        /// As a Pod has them.
        package var tolerations: [Value] = []
    }

    /// When a deployment that does not become ready has failed for good.
    package struct GivingUp: Hashable, Sendable {
        /// How long an image that cannot be pulled, a container that cannot be configured and Pods that are refused (by
        /// a quota or a webhook) are waited for.
        package var after: Interval
        /// How long nodes for Pods are waited for, which an autoscaler may take minutes to add.
        package var unschedulable: Interval
        /// How often a container may be started again until it counts as one that crashes.
        package var restarts: Int

        package init(after: Interval = .minutes(1), unschedulable: Interval = .minutes(5), restarts: Int = 3) {
            self.after = after
            self.unschedulable = unschedulable
            self.restarts = restarts
        }
    }

    package init() {}
}

/// What is wrong with the settings, and where.
package struct KubernetesSettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Keys from `backends.kubernetes` on.
    package var path: [String]
    /// As the rest of a sentence about what stands there.
    package var message: String

    package var description: String { (["backends", "kubernetes"] + path).joined(separator: ".") + " " + message }
}

extension KubernetesSettings {
    package typealias Problem = KubernetesSettingsProblem

    /// Reads the mapping `backends.kubernetes` of a plan (`null`: the defaults).
    ///
    /// `accessKeys` are those that say under `metrics` how its server lets its reader in.
    package init(_ value: Value, accessKeys: [String] = []) throws(Problem) {
        self.init()
        let root = try SettingsMembers(
            value, [],
            keys: [
                "kubeconfig", "context", "namespace", "gateway", "route", "image", "instance_types", "service_account",
                "image_pull_secrets", "give_up", "metrics", "drain",
            ])
        kubeconfig = try root.text("kubeconfig")
        context = try root.text("context")
        namespace = try root.label("namespace")
        serviceAccount = try root.text("service_account")
        imagePullSecrets = try root.texts("image_pull_secrets")
        if let gateway = try root.inner(
            "gateway", keys: ["name", "namespace", "address", "section_name", "hostnames"])
        {
            self.gateway = try GatewayChoice(gateway)
        }
        if let route = try root.inner("route", keys: ["name", "rule"]) { self.route = try RouteChoice(route) }
        switch root["image"] {
        case .mapping(let members)?:
            let inner = try SettingsMembers(.mapping(members), ["image"], keys: nil)
            for key in members.keys.sorted() { images[Name(key)] = try inner.text(key) }
        default: image = try root.text("image")
        }
        if let types = try root.inner("instance_types", keys: nil) {
            for name in types.members.keys.sorted() {
                guard let type = try types.inner(name, keys: ["node_selector", "resources", "tolerations"]) else {
                    continue
                }
                instanceTypes[name] = try InstanceType(type)
            }
        }
        if let limits = try root.inner("give_up", keys: ["after", "unschedulable", "restarts"]) {
            if let told = try limits.interval("after") { giveUp.after = told }
            if let told = try limits.interval("unschedulable") { giveUp.unschedulable = told }
            if let told = try limits.count("restarts") { giveUp.restarts = told }
        }
        metrics = try MetricsChoice(root, accessKeys: accessKeys)
        if let word = try root.text("drain") {
            if word == "off" || word == "false" {
                drainSeconds = 0
            } else if let told = try root.interval("drain") {
                guard told <= .minutes(10) else { throw root.problem("drain", "is more than 10m") }
                drainSeconds = Int((told.milliseconds + 999) / 1000)
            }
        }
        if route != nil, gateway?.hostnames.isEmpty == false {
            throw Problem(path: ["gateway", "hostnames"], message: "is of no use: the route is the user's own")
        }
    }
}

extension KubernetesSettings.GatewayChoice {
    fileprivate init?(_ members: SettingsMembers) throws(KubernetesSettingsProblem) {
        let address = try members.text("address")
        guard let name = try members.label("name") else {
            guard address == nil else {
                throw members.problem("name", "is missing: say which Gateway listens at \(address ?? "")")
            }
            return nil
        }
        self.init(
            name: name, namespace: try members.label("namespace"), address: address,
            sectionName: try members.text("section_name"), hostnames: try members.texts("hostnames"))
        guard let address else { return }
        guard ["http://", "https://"].contains(where: address.hasPrefix) else {
            throw members.problem("address", "is '\(address)': write it as http://HOST:PORT")
        }
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
    }
}

extension KubernetesSettings.RouteChoice {
    fileprivate init?(_ members: SettingsMembers) throws(KubernetesSettingsProblem) {
        guard let name = try members.label("name") else { return nil }
        self.name = name
        switch members["rule"] {
        case .integer(let index)? where index >= 0: rule = .index(index)
        case .string(let name)? where Int(name).map({ $0 >= 0 }) ?? false: rule = .index(Int(name) ?? 0)
        case .string(let name)? where !name.isEmpty: rule = .named(name)
        case nil:
            throw members.problem("rule", "is missing: say which rule of \(name) has the weights, by index or name")
        default: throw members.problem("rule", "is neither an index, 0 or more, nor the name of a rule")
        }
    }
}

extension KubernetesSettings.InstanceType {
    fileprivate init(_ members: SettingsMembers) throws(KubernetesSettingsProblem) {
        if let selector = try members.inner("node_selector", keys: nil) {
            for key in selector.members.keys.sorted() { nodeSelector[key] = try selector.text(key) }
        }
        if let resources = try members.inner("resources", keys: ["requests", "limits"]) {
            for part in ["requests", "limits"] {
                guard let amounts = try resources.inner(part, keys: nil) else { continue }
                for key in amounts.members.keys.sorted() {
                    guard let text = try amounts.text(key), Quantity(text) != nil else {
                        throw amounts.problem(key, "is no quantity: 500m, 2, 1Gi")
                    }
                }
            }
            self.resources = .mapping(resources.members)
        }
        switch members["tolerations"] {
        case nil: break
        case .list(let items)?: tolerations = items
        default: throw members.problem("tolerations", "is no list of tolerations, as a Pod has them")
        }
    }
}
