package import PlaybookSyntax
package import Rollouts

/// A playbook's settings under `backends.kubernetes`: where endpoints are, and how deployments become Pods.
///
/// Empty text counts as absent, so that an input may have no default.
package struct KubernetesSettings: Hashable, Sendable {
    static let root = "backends.kubernetes"

    /// The path of a kubeconfig; `nil` to use `KUBECONFIG` as `kubectl` does.
    package var kubeconfig: String?
    /// The context of the kubeconfig; `nil` for the current one.
    package var context: String?
    /// The namespace; `nil` for that of the context.
    package var namespace: String?
    package var gateway: GatewayChoice?
    /// A route that the user owns, of which Turnout changes only the weights of one rule.
    package var route: RouteChoice?
    /// The image of every deployment, which overrides that of the file.
    package var image: String?
    /// The images of individual deployments, which override ``image``.
    package var images: [Name: String] = [:]
    package var instanceTypes: [String: InstanceType] = [:]
    /// The service account of the Pods; `nil` for the namespace's default.
    package var serviceAccount: String?
    package var imagePullSecrets: [String] = []
    package var giveUp = FailureLimits()
    /// The source of request counters; `nil` if outcomes are not reported.
    package var metrics: MetricsChoice?
    /// How many seconds an ending container sleeps while it keeps serving, until all proxies have removed it.
    ///
    /// 0 disables it for images without the program `sleep`, whose server must then keep serving for a while after
    /// SIGTERM.
    package var drainSeconds = 5

    /// The gateway through which clients reach an endpoint.
    package struct GatewayChoice: Hashable, Sendable {
        package var name: String
        /// The Gateway's namespace; `nil` for that of the endpoint.
        package var namespace: String?
        /// The gateway's URL, such as `http://host:port`; `nil` for the address in the Gateway's status.
        package var address: String?
        /// The name of a listener; `nil` for all.
        package var sectionName: String?
        /// The host names by which clients call the endpoint; empty for any name.
        ///
        /// Endpoints that share a gateway need different ones.
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
            /// The rule's `name`, which Gateway API supports since v1.2.
            case named(String)
        }
    }

    /// The meaning of an `instance_type` in this cluster.
    package struct InstanceType: Hashable, Sendable {
        package var nodeSelector: [String: String] = [:]
        /// `requests` and `limits`, as in a deployment's file.
        package var resources: Value = [:]
        /// Tolerations in the form of a Pod's spec.
        package var tolerations: [Value] = []
    }

    /// Limits after which a deployment that does not become ready has failed.
    package struct FailureLimits: Hashable, Sendable {
        /// How long to wait for images that cannot be pulled, containers that cannot be configured, and refused Pods.
        ///
        /// Pods may be refused by a quota or a webhook.
        package var after: Interval
        /// How long to wait for nodes, which an autoscaler may take minutes to add.
        package var unschedulable: Interval
        /// The number of restarts after which a container counts as crashing.
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
    /// Reads the mapping `backends.kubernetes` of a plan; `null` stands for the defaults.
    package init(_ value: Value) throws(SettingsProblem) {
        self.init()
        let root = try SettingsReader(value, .object(Self.shape), root: Self.root)
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
            throw gateway.problem(
                "hostnames", "has no effect together with backends.kubernetes.route: remove one of them")
        }
    }
}

extension SettingsReader {
    /// The values of the mapping that are strings, by key.
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
