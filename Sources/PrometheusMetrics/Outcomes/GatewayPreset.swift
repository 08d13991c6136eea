internal import FoundationEssentials
package import Rollouts

/// What gateways call the counters of requests per backend.
///
/// Every answer but 2xx and 3xx counts as failed, also 4xx: a model that no longer understands its clients answers so.
package enum GatewayPreset: String, Hashable, Sendable, CaseIterable {
    /// Envoy's cluster statistics (envoyproxy.io, Configuration reference, Upstream clusters, Statistics), under the
    /// names that Envoy Gateway gives clusters: `httproute/NAMESPACE/ROUTE/rule/R`, and where a backend of the rule has
    /// a filter, one for each, `…/backend/B` (github.com/envoyproxy/gateway, issue 7008).
    case envoyGateway = "envoy-gateway"
    /// istio.io, Reference, Istio Standard Metrics.
    case istio
    /// docs.nginx.com, NGINX Gateway Fabric, Monitoring with Prometheus: per upstream with NGINX Plus only.
    case nginxGatewayFabric = "nginx-gateway-fabric"
    /// The data plane of local endpoints, `turnout serve`.
    case turnout

    /// The rule of a route that splits an endpoint's traffic.
    package struct Route: Hashable, Sendable {
        package var endpoint: Name
        package var namespace: String
        /// The HTTPRoute's name.
        package var name: String
        /// The rule's number.
        package var rule: Int
        /// In the rule's order.
        package var backends: [Backend]

        package struct Backend: Hashable, Sendable {
            package var deployment: Name
            /// The Service's name.
            package var service: String

            package init(_ deployment: Name, service: String) {
                self.deployment = deployment
                self.service = service
            }
        }

        package init(endpoint: Name, namespace: String, name: String, rule: Int, backends: [Backend]) {
            self.endpoint = endpoint
            self.namespace = namespace
            self.name = name
            self.rule = rule
            self.backends = backends
        }
    }

    /// The counters of a route's backends.
    ///
    /// - Parameters:
    ///   - route: Whose traffic is split.
    ///   - labels: What the counters' other labels must be, such as `cluster`, where one server scrapes several clusters.
    /// - Returns: Which of a server's counters they are.
    package func series(of route: Route, labels: [String: String] = [:]) -> OutcomeSeries {
        let more = labels.sorted { $0.key < $1.key }.map { ",\($0)=\(Self.quoted($1))" }.joined()
        return switch self {
        case .envoyGateway: Self.envoyGateway(route, more)
        case .istio: Self.istio(route, more)
        case .nginxGatewayFabric: Self.nginx(route, more)
        case .turnout: Self.turnout(route, more)
        }
    }

    private static func envoyGateway(_ route: Route, _ more: String) -> OutcomeSeries {
        let cluster = "httproute/\(route.namespace)/\(route.name)/rule/\(route.rule)"
        let clusters = Dictionary(
            route.backends.enumerated().map { ($1.deployment, "\(cluster)/backend/\($0)") },
            uniquingKeysWith: { first, _ in first })
        let matcher = "envoy_cluster_name=~\(alternatives(clusters.values.sorted()))\(more)"
        var series = OutcomeSeries(
            requests: "envoy_cluster_upstream_rq_xx{\(matcher)}",
            errors: "envoy_cluster_upstream_rq_xx{\(matcher),envoy_response_code_class!~\"2|3\"}",
            latencies: "envoy_cluster_upstream_rq_time_bucket{\(matcher)}", latencyUnit: 1,
            label: "envoy_cluster_name", deployments: clusters)
        series.explanation = (
            selector: "envoy_cluster_upstream_rq_xx{envoy_cluster_name=\(quoted(cluster))\(more)}",
            reason: "Envoy Gateway counts all backends of rule \(route.rule) of HTTPRoute "
                + "\(route.namespace)/\(route.name) together, unless a backendRef of it has a filter"
        )
        return series
    }

    private static func istio(_ route: Route, _ more: String) -> OutcomeSeries {
        let services = Dictionary(
            route.backends.map { ($0.deployment, $0.service) }, uniquingKeysWith: { first, _ in first })
        // The gateway's own view; the server's proxy would tell the same requests a second time.
        let matcher =
            "reporter=\"source\",destination_service_namespace=\(quoted(route.namespace)),"
            + "destination_service_name=~\(alternatives(services.values.sorted()))\(more)"
        return OutcomeSeries(
            requests: "istio_requests_total{\(matcher)}",
            errors: "istio_requests_total{\(matcher),response_code!~\"[23]..\"}",
            latencies: "istio_request_duration_milliseconds_bucket{\(matcher)}", latencyUnit: 1,
            label: "destination_service_name", deployments: services)
    }

    private static func nginx(_ route: Route, _ more: String) -> OutcomeSeries {
        // An upstream is called NAMESPACE_SERVICE_PORT.
        let services = route.backends.map { (name: $0.deployment, prefix: "\(route.namespace)_\($0.service)_") }
        let matcher =
            "nginx_upstream_name=~\(quoted("(" + services.map { escaped($0.prefix) }.joined(separator: "|") + ")[0-9]+"))\(more)"
        var series = OutcomeSeries(
            requests: "nginx_http_upstream_peer_responses_total{\(matcher)}",
            errors: "nginx_http_upstream_peer_responses_total{\(matcher),nginx_status_range!~\"[23]xx\"}",
            latencies: nil, latencyUnit: 1, label: "nginx_upstream_name"
        ) { upstream in
            services.first {
                upstream.hasPrefix($0.prefix) && upstream.dropFirst($0.prefix.count).allSatisfy(\.isNumber)
            }?.name
        }
        series.limitations = [
            "NGINX Gateway Fabric tells no latencies of a backend but their average: metric latency cannot be had"
        ]
        series.explanation = (
            selector: "nginx_http_requests",
            reason: "NGINX Gateway Fabric counts requests per backend with NGINX Plus only"
        )
        return series
    }

    private static func turnout(_ route: Route, _ more: String) -> OutcomeSeries {
        let deployments = Dictionary(
            route.backends.map { ($0.deployment, $0.deployment.text) }, uniquingKeysWith: { first, _ in first })
        let matcher =
            "endpoint=\(quoted(route.endpoint.text)),mirrored=\"false\","
            + "deployment=~\(alternatives(deployments.values.sorted()))\(more)"
        return OutcomeSeries(
            requests: "turnout_requests_total{\(matcher),status!=\"499\"}",
            errors: "turnout_requests_total{\(matcher),status!~\"200|499\"}",
            latencies: "turnout_request_duration_seconds_bucket{\(matcher)}", latencyUnit: 1000, label: "deployment",
            deployments: deployments)
    }

    /// A regular expression that matches just these, in quotes.
    private static func alternatives(_ values: [String]) -> String {
        quoted(values.map(escaped).joined(separator: "|"))
    }

    /// As a part of a regular expression (RE2) that matches the text itself.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if #"\.+*?()|[]{}^$"#.contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
    }

    /// As PromQL writes a text.
    private static func quoted(_ text: String) -> String {
        let escaped = text.reduce(into: "") { escaped, character in
            switch character {
            case "\\", "\"": escaped += "\\\(character)"
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return "\"\(escaped)\""
    }
}
