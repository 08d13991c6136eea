internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// The metrics of an analysis are available.
///
/// A backend that does not report outcomes of requests provides no evidence of errors or latency, and responses are
/// compared only if requests are mirrored. An analysis never passes without evidence: the stage would take its full
/// `for`, and end as `on_inconclusive` says.
struct MetricIsReported: PlaybookRule {
    static let needsOnlyStage = true

    func check(_ moment: Moment) -> [Finding] {
        guard let analysis = moment.stage.stage.analysis, let place = moment.stage.analysis else { return [] }
        let requests = analysis.metrics.filter { if case .prometheus = $0 { false } else { true } }
        guard moment.capabilities.reportsOutcomes else {
            guard !requests.isEmpty else { return [] }
            let names = requests.map(\.name).joined(separator: ", ")
            return [finding(.warning, at: place, .notReported(names, by: moment.capabilities.name), help: .query)]
        }
        if !moment.capabilities.reportsLatencies, let latency = requests.first(where: \.isLatency) {
            return [
                finding(.warning, at: place, .notReported(latency.name, by: moment.capabilities.name), help: .latencies)
            ]
        }
        let disagrees = requests.contains { if case .disagreement = $0 { true } else { false } }
        guard disagrees, moment.after?.mirrorTraffic.wanted.isEmpty ?? false else { return [] }
        return [finding(.warning, at: place, .nothingMirrored, help: .mirror)]
    }
}

extension String {
    fileprivate static func notReported(_ names: String, by backend: String) -> String {
        "\(backend) does not report \(names == "latency" ? "latencies" : "outcomes") of requests, so there "
            + "will be no evidence of \(names)"
    }
    fileprivate static let query =
        "name the gateway's metrics in backends ('metrics: {prometheus: …}'), or add a query: 'prometheus: {…}'"
    fileprivate static let latencies = "remove 'latency', or add queries with 'latencies' to the backend's metrics"
    fileprivate static let nothingMirrored = "no traffic is mirrored in this stage, so no responses are compared"
    fileprivate static let mirror = "use 'disagreement' in a 'mirror_traffic' stage"
}
