internal import PlaybookSyntax
internal import Rollouts
internal import Support

extension KubernetesSettings {
    /// The settings under `backends.kubernetes`.
    static let shape = ObjectShape(
        "the settings",
        [
            Field(
                "kubeconfig", .word, "Path of a kubeconfig. Default: the one that kubectl uses.",
                example: "/home/me/.kube/config"),
            Field("context", .word, "Context of the kubeconfig. Default: the current context.", example: "production"),
            Field(
                "namespace", .pattern(.object), "Namespace of the endpoints. Default: that of the context.",
                example: "models"
            ),
            Field("gateway", .object(gateway), "The gateway through which clients reach endpoints."),
            Field("route", .object(route), "An existing HTTPRoute. Only the weights of one rule are changed."),
            Field(
                "image", .anyOf([.word, .mapping(.word, names: true)]),
                "Image of every deployment, or images by deployment. Default: environment.image of the file.",
                example: "registry.example.com/houses:2"),
            Field(
                "instance_types", .mapping(.object(instanceType)),
                "Node selector, resources and tolerations for each instance_type, by its name."),
            Field(
                "service_account", .word, "Service account of the Pods. Default: that of the namespace.",
                example: "models"),
            Field(
                "image_pull_secrets", .oneOrMore, "Names of the Secrets for pulling images. Default: none.",
                example: "[hub]"),
            Field("give_up", .object(giveUp), "When a deployment that does not become ready counts as failed."),
            Field(
                "metrics", .object(metrics),
                "Source of the gateway's request counters. Default: none; requests are not analyzed."),
            Field(
                "drain", .duration(words: ["off", "false"], atMost: .minutes(10)),
                "How long an ending container sleeps while it still serves, or off for images without the program "
                    + "sleep. Default: 5s.", example: "5s"),
        ])

    private static let gateway = ObjectShape(
        "a gateway",
        [
            Field("name", .pattern(.object), "Name of the Gateway.", example: "edge"),
            Field(
                "namespace", .pattern(.object), "Namespace of the Gateway. Default: that of the endpoint.",
                example: "gateways"),
            Field(
                "address", .pattern(.address), "URL at which the Gateway listens. Default: the address in its status.",
                example: "http://10.0.0.7"),
            Field("section_name", .word, "Name of the listener to use. Default: all listeners.", example: "https"),
            Field(
                "hostnames", .oneOrMore,
                "Host names of the endpoint. Endpoints that share a gateway need different ones. "
                    + "Default: any name.", example: "[houses.example.com]"),
        ])

    private static let route = ObjectShape(
        "a route",
        [
            Field("name", .pattern(.object), "Name of the HTTPRoute.", example: "shop"),
            Field("rule", .pattern(.rule), "The rule whose weights are changed, by index or name.", example: "main"),
        ])

    private static let instanceType = ObjectShape(
        "an instance type",
        [
            Field("node_selector", .mapping(.word), "Labels that nodes must have.", example: "{pool: gpu}"),
            Field("resources", .object(resources), "Resources of a Pod if the deployment's file sets none."),
            Field("tolerations", .list(.any), "Tolerations, in the form of a Pod's spec.", example: "[{key: gpu}]"),
        ])

    private static let resources = ObjectShape(
        "resources",
        [
            Field(
                "requests", .mapping(.pattern(.quantity)), "Requested resources, as Kubernetes quantities.",
                example: "{cpu: 500m}"),
            Field(
                "limits", .mapping(.pattern(.quantity)), "Resource limits, as Kubernetes quantities.",
                example: "{memory: 2Gi}"),
        ])

    private static let giveUp = ObjectShape(
        "give_up",
        [
            Field(
                "after", .duration(),
                "How long to wait for images that cannot be pulled and Pods that are refused. Default: 1m.",
                example: "1m"),
            Field("unschedulable", .duration(), "How long to wait for nodes. Default: 5m.", example: "5m"),
            Field(
                "restarts", .integer(0...Int.max), "How many restarts of a crashing container are allowed. Default: 3.",
                example: "3"),
        ])

    private static let metrics = ObjectShape(
        "metrics",
        [
            Field("prometheus", .word, "Address of a Prometheus server.", example: "http://10.0.0.8:9090"),
            Field(
                "preset", .choice(MetricsChoice.Preset.allCases.map(\.rawValue)),
                "Gateway whose request counters the Prometheus server collects.",
                example: "istio"),
            Field("queries", .object(queries), "Counters of another gateway, instead of a preset."),
            Field(
                "labels", .mapping(.word), "Additional labels that the counters must have, with their values.",
                example: "{cluster: north}"),
            Field(
                "delay", .duration(), "How long after a scrape began its samples are available. Default: 3s.",
                example: "30s"),
        ] + ObjectShape.prometheusAccess)

    private static let queries = ObjectShape(
        "queries",
        [
            Field(
                "requests", .word, required: true, "Prometheus selector for the counter of all requests.",
                example: "requests_total"),
            Field(
                "errors", .word, required: true, "Selects the counter of failed requests.", example: "errors_total"),
            Field(
                "latencies", .word, "Selects a histogram's _bucket. Default: none; latencies are unknown.",
                example: "latency_bucket"),
            Field("unit", .choice(["s", "ms"]), "Unit of the histogram's label le. Default: s.", example: "ms"),
            Field(
                "label", .pattern(.label), required: true, "Label that distinguishes deployments.", example: "service"),
            Field(
                "values", .mapping(.word, names: true),
                "Values of the label by deployment. Default: the names of their Services.", example: "{blue: v1}"),
        ])
}

extension Shape {
    /// A string, or a list of strings.
    fileprivate static let oneOrMore = anyOf([.text, .list(.text)])
}

extension TextPattern {
    fileprivate static let object = TextPattern(
        expression: "^[a-z0-9.]([a-z0-9.-]*[a-z0-9.])?$",
        help: "a Kubernetes name has lower-case letters, digits and hyphens, for example models", longest: 253
    ) { text in
        let hyphen = UInt8(ascii: "-")
        return text.first != hyphen && text.last != hyphen
            && text.allSatisfy { ($0.isLetter && $0 >= 97) || $0.isDigit || $0 == hyphen || $0 == UInt8(ascii: ".") }
    }

    fileprivate static let address = TextPattern(
        expression: "^https?://.*$", help: "write a URL such as http://HOST:PORT", longest: 4096
    ) { text in
        ["http://", "https://"].contains { text.starts(with: $0.utf8) }
    }

    fileprivate static let rule = TextPattern(
        expression: "^.+$", help: "give the rule's index (0 or greater) or its name", longest: 253
    ) { Int(String(Substring($0))).map { $0 >= 0 } ?? true }

    fileprivate static let quantity = TextPattern(
        expression: "^[0-9.+-].*$", help: "write a quantity such as 500m, 2 or 1Gi"
    ) { Quantity(String(Substring($0))) != nil }

    fileprivate static let label = TextPattern(
        expression: "^[A-Za-z_][A-Za-z0-9_]*$", help: "a label has letters, digits and underscores, for example service"
    ) { String(Substring($0)).isIdentifier }
}
