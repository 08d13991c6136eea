package import PlaybookSyntax
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

extension KubernetesSettings {
    /// Reads the mapping `backends.kubernetes` of a plan (`null`: the defaults).
    package init(_ value: Value) throws(SettingsProblem) {
        self.init()
        let root = try SettingsReader(value, .object(Self.shape), root: "backends.kubernetes")
        kubeconfig = root.text("kubeconfig")
        context = root.text("context")
        namespace = root.text("namespace")
        serviceAccount = root.text("service_account")
        imagePullSecrets = root.texts("image_pull_secrets").filter { !$0.isEmpty }
        gateway = try root.mapping("gateway").flatMap(GatewayChoice.init)
        route = try root.mapping("route").flatMap(RouteChoice.init)
        image = root.text("image")
        for (key, text) in root.mapping("image")?.texts ?? [:] where !text.isEmpty { images[Name(key)] = text }
        if let types = root.mapping("instance_types") {
            for name in types.keys { instanceTypes[name] = types.mapping(name).map(InstanceType.init) }
        }
        if let limits = root.mapping("give_up") {
            giveUp.after = limits.interval("after") ?? giveUp.after
            giveUp.unschedulable = limits.interval("unschedulable") ?? giveUp.unschedulable
            giveUp.restarts = limits.integer("restarts") ?? giveUp.restarts
        }
        metrics = try root.mapping("metrics").flatMap(MetricsChoice.init)
        if let drain = root.interval("drain") {
            drainSeconds = Int((drain.milliseconds + 999) / 1000)
        } else if root["drain"] != nil {
            drainSeconds = 0
        }
        if route != nil, gateway?.hostnames.isEmpty == false, let gateway = root.mapping("gateway") {
            throw gateway.problem("hostnames", "is of no use: the route is the user's own")
        }
    }
}

extension SettingsReader {
    /// The texts of the mapping, by key.
    var texts: [String: String] {
        keys.reduce(into: [:]) { texts, key in
            if let text = members[key]?.string ?? text(key) { texts[key] = text }
        }
    }
}

extension KubernetesSettings.GatewayChoice {
    fileprivate init?(_ reader: SettingsReader) throws(SettingsProblem) {
        let address = reader.text("address")
        guard let name = reader.text("name") else {
            guard let address else { return nil }
            throw reader.problem("name", "is missing: add the name of the Gateway that listens at \(address)")
        }
        self.init(
            name: name, namespace: reader.text("namespace"),
            address: address.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 },
            sectionName: reader.text("section_name"), hostnames: reader.texts("hostnames").filter { !$0.isEmpty })
    }
}

extension KubernetesSettings.RouteChoice {
    fileprivate init?(_ reader: SettingsReader) throws(SettingsProblem) {
        guard let name = reader.text("name") else { return nil }
        guard let rule = reader.text("rule") else {
            throw reader.problem(
                "rule", "is missing: give the rule of \(name) that has the weights, by its index or name")
        }
        self.init(name: name, rule: Int(rule).map(Rule.index) ?? .named(rule))
    }
}

extension KubernetesSettings.InstanceType {
    fileprivate init(_ reader: SettingsReader) {
        nodeSelector = reader.mapping("node_selector")?.texts ?? [:]
        if let resources = reader.mapping("resources") { self.resources = .mapping(resources.members) }
        if case .list(let items)? = reader["tolerations"] { tolerations = items }
    }
}
