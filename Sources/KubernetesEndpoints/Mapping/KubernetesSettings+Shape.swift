internal import PlaybookSyntax
internal import Rollouts
internal import Support

extension KubernetesSettings {
    /// What a playbook may say under `backends.kubernetes`.
    static let shape = ObjectShape(
        "the settings",
        [
            Field(
                "kubeconfig", .word, "Path of a kubeconfig. Default: as kubectl finds it.",
                example: "/home/me/.kube/config"),
            Field("context", .word, "Context of the kubeconfig. Default: its current one.", example: "production"),
            Field(
                "namespace", .pattern(.object), "Namespace of the endpoints. Default: the context's.", example: "models"
            ),
            Field("gateway", .object(gateway), "The gateway through which clients come."),
            Field("route", .object(route), "An HTTPRoute of your own, of which the weights of one rule are changed."),
            Field(
                "image", .anyOf([.word, .mapping(.word, names: true)]),
                "Image of every deployment, or images by deployment. Default: the file's environment.image.",
                example: "registry.example.com/houses:2"),
            Field(
                "instance_types", .mapping(.object(instanceType)),
                "What an instance_type stands for in the cluster, by its name."),
            Field(
                "service_account", .word, "Service account of the Pods. Default: the namespace's.", example: "models"),
            Field(
                "image_pull_secrets", .oneOrMore, "Secrets with which images are pulled. Default: none.",
                example: "[hub]"),
            Field("give_up", .object(giveUp), "When a deployment that does not become ready has failed for good."),
            Field("metrics", .object(metrics), "Where the gateway's counters of requests are read."),
            Field(
                "drain", .duration(words: ["off", "false"], atMost: .minutes(10)),
                "How long an ending container sleeps while it still serves; off for images without the program sleep. "
                    + "Default: 5s.", example: "5s"),
        ])

    private static let gateway = ObjectShape(
        "a gateway",
        [
            Field("name", .pattern(.object), "Name of the Gateway.", example: "edge"),
            Field("namespace", .pattern(.object), "Its namespace. Default: the endpoint's.", example: "gateways"),
            Field(
                "address", .pattern(.address), "Where it listens. Default: what its status says.",
                example: "http://10.0.0.7"),
            Field("section_name", .word, "One of its listeners. Default: all.", example: "https"),
            Field(
                "hostnames", .oneOrMore,
                "Host names of the endpoint; endpoints that share a gateway need one each. "
                    + "Default: every name.", example: "[houses.example.com]"),
        ])

    private static let route = ObjectShape(
        "a route",
        [
            Field("name", .pattern(.object), "Name of the HTTPRoute.", example: "shop"),
            Field("rule", .pattern(.rule), "The rule that has the weights, by its index or name.", example: "main"),
        ])

    private static let instanceType = ObjectShape(
        "an instance type",
        [
            Field("node_selector", .mapping(.word), "Labels of the nodes.", example: "{pool: gpu}"),
            Field("resources", .object(resources), "Resources of a Pod, where the deployment's file has none."),
            Field("tolerations", .list(.any), "Tolerations, as a Pod has them.", example: "[{key: gpu}]"),
        ])

    private static let resources = ObjectShape(
        "resources",
        [
            Field("requests", .mapping(.pattern(.quantity)), "Requested amounts.", example: "{cpu: 500m}"),
            Field("limits", .mapping(.pattern(.quantity)), "Largest amounts.", example: "{memory: 2Gi}"),
        ])

    private static let giveUp = ObjectShape(
        "give_up",
        [
            Field(
                "after", .duration(),
                "How long images that cannot be pulled and Pods that are refused are waited for. Default: 1m.",
                example: "1m"),
            Field("unschedulable", .duration(), "How long nodes are waited for. Default: 5m.", example: "5m"),
            Field(
                "restarts", .integer(0...Int.max), "How often a container may be started again. Default: 3.",
                example: "3"),
        ])

    private static let metrics = ObjectShape(
        "metrics",
        [
            Field("prometheus", .word, "Address of a Prometheus server.", example: "http://10.0.0.8:9090"),
            Field(
                "preset", .choice(MetricsChoice.Preset.allCases.map(\.rawValue)), "Whose counters the server has.",
                example: "istio"),
            Field("queries", .object(queries), "Counters of another gateway, instead of a preset."),
            Field(
                "labels", .mapping(.word), "What other labels of the counters must be.", example: "{cluster: north}"),
            Field(
                "delay", .duration(), "How long after a scrape began its samples can be queried. Default: 3s.",
                example: "30s"),
        ] + ObjectShape.prometheusAccess)

    private static let queries = ObjectShape(
        "queries",
        [
            Field("requests", .word, required: true, "Selects the counter of all requests.", example: "requests_total"),
            Field(
                "errors", .word, required: true, "Selects the counter of those that failed.", example: "errors_total"),
            Field(
                "latencies", .word, "Selects a histogram's _bucket. Default: latencies are unknown.",
                example: "latency_bucket"),
            Field("unit", .choice(["s", "ms"]), "Unit of the histogram's le. Default: s.", example: "ms"),
            Field(
                "label", .pattern(.label), required: true, "Label that distinguishes deployments.", example: "service"),
            Field(
                "values", .mapping(.word, names: true),
                "Values of that label, by deployment. Default: the name of its Service.", example: "{blue: v1}"),
        ])
}

extension Shape {
    /// A list of texts, or a text alone.
    fileprivate static let oneOrMore = anyOf([.text, .list(.text)])
}

extension TextPattern {
    fileprivate static let object = TextPattern(
        expression: "^[a-z0-9.]([a-z0-9.-]*[a-z0-9.])?$",
        help: "names in Kubernetes have small letters, digits and hyphens: models", longest: 253
    ) { text in
        let hyphen = UInt8(ascii: "-")
        return text.first != hyphen && text.last != hyphen
            && text.allSatisfy { ($0.isLetter && $0 >= 97) || $0.isDigit || $0 == hyphen || $0 == UInt8(ascii: ".") }
    }

    fileprivate static let address = TextPattern(
        expression: "^https?://.*$", help: "write it as http://HOST:PORT", longest: 4096
    ) { text in
        ["http://", "https://"].contains { text.starts(with: $0.utf8) }
    }

    fileprivate static let rule = TextPattern(
        expression: "^.+$", help: "give its index, 0 or more, or its name", longest: 253
    ) { Int(String(Substring($0))).map { $0 >= 0 } ?? true }

    fileprivate static let quantity = TextPattern(
        expression: "^[0-9.+-].*$", help: "a quantity is written 500m, 2 or 1Gi"
    ) { Quantity(String(Substring($0))) != nil }

    fileprivate static let label = TextPattern(
        expression: "^[A-Za-z_][A-Za-z0-9_]*$", help: "a label has letters, digits and underscores: service"
    ) { String(Substring($0)).isIdentifier }
}
