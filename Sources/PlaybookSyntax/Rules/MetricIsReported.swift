internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// What an analysis looks at can be had.
///
/// A backend that does not tell what became of requests gives no evidence of errors or latency, and answers are compared
/// only where requests are mirrored. A gate never passes without evidence: the stage would last its whole time, and end
/// as `on_inconclusive` says.
struct MetricIsReported: PlaybookRule {
    static let judgesAlone = true

    func check(_ moment: Moment) -> [Finding] {
        guard let analysis = moment.stage.stage.analysis, let place = moment.stage.analysis else { return [] }
        let requests = analysis.metrics.filter { if case .prometheus = $0 { false } else { true } }
        guard moment.capabilities.reportsOutcomes else {
            guard !requests.isEmpty else { return [] }
            let names = requests.map(\.name).joined(separator: ", ")
            return [finding(.warning, at: place, .notTold(names, by: moment.capabilities.name), help: .query)]
        }
        if !moment.capabilities.reportsLatencies, let latency = requests.first(where: \.isLatency) {
            return [
                finding(.warning, at: place, .notTold(latency.name, by: moment.capabilities.name), help: .latencies)
            ]
        }
        let disagrees = requests.contains { if case .disagreement = $0 { true } else { false } }
        guard disagrees, moment.after?.mirrorTraffic.wanted.isEmpty ?? false else { return [] }
        return [finding(.warning, at: place, .nothingMirrored, help: .mirror)]
    }
}

extension String {
    fileprivate static func notTold(_ names: String, by backend: String) -> String {
        "\(backend) does not tell \(names == "latency" ? "how long answers take" : "what becomes of requests"): there "
            + "will be no evidence of \(names)"
    }
    fileprivate static let query =
        "name the gateway's metrics in backends ('metrics: {prometheus: …}'), or add a query: 'prometheus: {…}'"
    fileprivate static let latencies = "leave 'latency' out, or name queries with 'latencies' in the backend's metrics"
    fileprivate static let nothingMirrored = "no traffic is mirrored in this stage, so that no answers are compared"
    fileprivate static let mirror = "look at 'disagreement' in a 'mirror_traffic' stage"
}
