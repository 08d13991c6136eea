internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// An analysis has a candidate: a deployment to which the playbook has given live or mirrored traffic.
///
/// Without one the stage would fail. If the candidate has all traffic, there is no control: only an error rate that it
/// must never have (`hard_limit`) or a query can fail it then.
struct AnalysisHasCandidate: PlaybookRule {
    func check(_ moment: Moment) -> [Finding] {
        guard let analysis = moment.stage.stage.analysis, let place = moment.stage.analysis else { return [] }
        guard let arms = moment.arms else {
            // It is unknown which deployment serves an endpoint that exists already.
            return moment.isStateComplete ? [finding(at: place, .noCandidate, help: .giveTraffic)] : []
        }
        guard arms.control == nil, !analysis.metrics.contains(where: \.needsNoControl) else { return [] }
        return [finding(.warning, at: place, .noControl(arms.candidate), help: .hardLimit)]
    }
}

extension Metric {
    /// Whether the metric can fail without a control.
    fileprivate var needsNoControl: Bool {
        switch self {
        case .errors(let limits): limits.hardLimit != nil
        case .prometheus: true
        case .latency, .disagreement: false
        }
    }
}

extension String {
    fileprivate static let noCandidate = "this playbook has not given traffic to any deployment that could be analyzed"
    fileprivate static let giveTraffic =
        "put the analysis on a 'traffic' or 'mirror_traffic' stage, or write 'for: 10m' instead"
    fileprivate static func noControl(_ candidate: Name) -> String {
        "\(candidate.text.quoted) has all traffic here, so there is no control to compare it with"
    }
    fileprivate static let hardLimit = "write 'errors: {hard_limit: 5%}', which needs no control"
}
