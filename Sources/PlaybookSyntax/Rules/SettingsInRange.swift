internal import Rollouts

/// A deployment's settings are in the ranges that a server can use.
///
/// Azure's client sends any number that a file contains, and the service refuses the deployment in the middle of a
/// rollout: a request may take at most 180 seconds, the times of a probe are at most a day, and a port is 1 to 65535.
/// The number of instances has a separate rule (EndpointLimits).
struct SettingsInRange {
    static let name = String(describing: Self.self)

    /// Returns the findings about the file with this root; `place` returns a node's location.
    static func findings(in root: Node, place: (Node) -> Location) -> [Finding] {
        ranges.compactMap { path, range in
            let node = path.reduce(Optional(root)) { $0?[$1] }
            guard let node, let number = node.scalar?.value.integer, !range.contains(number) else { return nil }
            return Finding(
                .error, name, at: place(node), "\(path[path.count - 1]) is \(number)",
                help: "it must be \(range.lowerBound) to \(range.upperBound)")
        }
    }

    private static let ranges: [(path: [String], range: ClosedRange<Int>)] = {
        let day = 0...86_400
        let settings: [String: ClosedRange<Int>] = [
            "request_settings.request_timeout_ms": 1...180_000,
            "request_settings.max_concurrent_requests_per_instance": 1...1_000_000,
            "request_settings.max_queue_wait_ms": 0...86_400_000,
            "scale_settings.min_instances": 0...1000, "scale_settings.max_instances": 1...1000,
            "scale_settings.target_utilization_percentage": 1...100, "scale_settings.polling_interval": day,
        ]
        let probes = ["liveness_probe", "readiness_probe"].flatMap { probe in
            ["initial_delay", "period", "timeout", "success_threshold", "failure_threshold"].map {
                ("\(probe).\($0)", day)
            }
        }
        let ports = ["liveness_route", "readiness_route", "scoring_route"].map {
            ("environment.inference_config.\($0).port", 1...65_535)
        }
        return (settings.map { ($0.key, $0.value) } + probes + ports).map {
            ($0.0.split(separator: ".").map(String.init), $0.1)
        }
    }()
}
