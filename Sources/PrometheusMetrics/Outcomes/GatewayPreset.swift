internal import FoundationEssentials
package import Rollouts

/// Names of the per-backend request counters of gateways and of the Turnout data plane.
///
/// Every response except 2xx and 3xx counts as failed, including 4xx: a model that no longer understands its clients'
/// requests answers with 4xx.
package enum GatewayPreset: String, Hashable, Sendable, CaseIterable {
    /// Envoy's cluster statistics (envoyproxy.io, Configuration reference, Upstream clusters, Statistics).
    ///
    /// Envoy Gateway names clusters `httproute/NAMESPACE/ROUTE/rule/R`. If a backend of the rule has a filter, each
    /// backend
    /// has its own cluster with the suffix `/backend/B` (github.com/envoyproxy/gateway, issue 7008).
    case envoyGateway = "envoy-gateway"
    /// Istio's standard metrics (istio.io, Reference, Istio Standard Metrics).
    case istio
    /// NGINX Gateway Fabric (docs.nginx.com, Monitoring with Prometheus), which counts per upstream with NGINX Plus
    /// only.
    case nginxGatewayFabric = "nginx-gateway-fabric"
    /// The data plane of local endpoints, `turnout serve`.
    case turnout

    /// The rule of a route that splits an endpoint's traffic.
    package struct Route: Hashable, Sendable {
        package var endpoint: Name
        package var namespace: String
        /// The name of the HTTPRoute.
        package var name: String
        /// The index of the rule.
        package var rule: Int
        /// The backends in the order of the rule.
        package var backends: [Backend]

        package struct Backend: Hashable, Sendable {
            package var deployment: Name
            /// The name of the Service.
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

    /// The selectors of the counters of a route's backends.
    ///
    /// - Parameters:
    ///   - route: The route that splits the traffic.
    ///   - labels: Further labels that the counters must have, such as `cluster` if one server scrapes several
    ///     clusters.
    /// - Returns: The selectors.
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
                + "\(route.namespace)/\(route.name) together unless one of its backendRefs has a filter"
        )
        return series
    }

    private static func istio(_ route: Route, _ more: String) -> OutcomeSeries {
        let services = Dictionary(
            route.backends.map { ($0.deployment, $0.service) }, uniquingKeysWith: { first, _ in first })
        // Only the gateway's reports: the server's proxy reports the same requests a second time.
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
        // The name of an upstream is NAMESPACE_SERVICE_PORT.
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
            "NGINX Gateway Fabric reports only average latencies of a backend; metric latency is not available"
        ]
        series.explanation = (
            selector: "nginx_http_requests",
            reason: "NGINX Gateway Fabric counts requests per backend only with NGINX Plus"
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

    /// A quoted regular expression that matches exactly these values.
    private static func alternatives(_ values: [String]) -> String {
        quoted(values.map(escaped).joined(separator: "|"))
    }

    /// Escapes a text for use in a regular expression (RE2).
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if #"\.+*?()|[]{}^$"#.contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
    }

    /// A PromQL string literal.
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
