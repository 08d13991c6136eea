internal import RolloutEngine
internal import Rollouts

/// The `/metrics` page: metrics of each deployment in the routing table, of the data plane and of its process.
struct MetricsPage {
    var deployments: [DeploymentObservation]
    /// The number of requests that did not reach a deployment, by status.
    var refused: [Int: Int]
    /// The number of open client connections.
    var connections: Int
    var began: Timestamp

    /// Histogram bounds in milliseconds, coarser than those that outcomes are counted by to keep a scrape small.
    private static let bounds: [Double] = [
        1, 2.5, 5, 7.5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2500, 5000, 10_000,
    ]

    /// The index of the metric's bin for each of the tally's bins.
    private static let bins: [Int] = (OutcomeReading.latencyBounds + [.infinity]).map { upper in
        bounds.firstIndex { upper <= $0 } ?? bounds.count
    }

    private static func coarse(_ counts: [Int]) -> [Int] {
        zip(bins, counts).reduce(into: [Int](repeating: 0, count: bounds.count + 1)) { $0[$1.0] += $1.1 }
    }

    var text: String {
        (requestFamilies + stateFamilies + mirrorFamilies + planeFamilies + ProcessMetrics.families(since: began))
            .map(\.text).joined()
    }

    private var requestFamilies: [MetricFamily] {
        var requests = MetricFamily(
            "turnout_requests_total", .counter, help: "Requests to a deployment, by status.")
        var durations = MetricFamily(
            "turnout_request_duration_seconds", .histogram,
            help: "Time from a request's last byte to its answer, including the wait for an instance.")
        for deployment in deployments {
            for (mirrored, tally) in [("false", deployment.live), ("true", deployment.copies)] {
                let labels = deployment.labels + [("mirrored", mirrored)]
                for outcome in RequestOutcome.allCases where tally.count(of: outcome) > 0 || outcome == .answered {
                    requests.add(tally.count(of: outcome), labels + [("status", "\(outcome.rawValue)")])
                }
                durations.add(
                    counts: Self.coarse(tally.bins), bounds: Self.bounds.map { $0 / 1000 },
                    sum: Double(tally.nanoseconds) / 1e9, labels)
            }
        }
        return [requests, durations]
    }

    private var stateFamilies: [MetricFamily] {
        var active = MetricFamily(
            "turnout_active_requests", .gauge, help: "Live requests in flight, including those waiting for an instance."
        )
        var waiting = MetricFamily(
            "turnout_waiting_requests", .gauge, help: "Live requests waiting for an instance.")
        var ready = MetricFamily("turnout_ready_instances", .gauge, help: "Instances that are ready for requests.")
        for deployment in deployments {
            active.add(deployment.inFlight, deployment.labels)
            waiting.add(deployment.waiting, deployment.labels)
            ready.add(deployment.ready, deployment.labels)
        }
        return [active, waiting, ready]
    }

    private var mirrorFamilies: [MetricFamily] {
        var pairs = MetricFamily(
            "turnout_mirrored_pairs_total", .counter, help: "Completed pairs of a live request and its mirrored copy.")
        var differences = MetricFamily(
            "turnout_mirrored_differences_total", .counter,
            help: "Pairs in which only one request failed, or the two answers differ.")
        var dropped = MetricFamily(
            "turnout_dropped_copies_total", .counter, help: "Copies not sent or not compared because of overload.")
        for deployment in deployments {
            pairs.add(deployment.pairs.pairs, deployment.labels)
            for (kind, count) in [
                ("only_live_failed", deployment.pairs.onlyLiveFailed),
                ("only_mirror_failed", deployment.pairs.onlyMirrorFailed), ("disagreed", deployment.pairs.disagreed),
            ] {
                differences.add(count, deployment.labels + [("kind", kind)])
            }
            dropped.add(deployment.droppedCopies, deployment.labels)
        }
        return [pairs, differences, dropped]
    }

    private var planeFamilies: [MetricFamily] {
        var refusals = MetricFamily(
            "turnout_refused_requests_total", .counter, help: "Requests that did not reach a deployment, by status.")
        for (status, count) in refused.sorted(by: { $0.key < $1.key }) {
            refusals.add(count, [("status", "\(status)")])
        }
        var open = MetricFamily("turnout_client_connections", .gauge, help: "Open client connections.")
        open.add(connections)
        return [refusals, open]
    }
}

extension DeploymentObservation {
    fileprivate var labels: [(String, String)] { [("endpoint", endpoint), ("deployment", deployment)] }
}
