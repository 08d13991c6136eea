internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// An analysis judges a deployment to which the playbook has given traffic, live or mirrored.
///
/// Without one there is nobody to judge, and the stage would fail. Where the candidate has all traffic, nothing is left
/// to compare it with: only an error rate that it may never have (`hard_limit`), or a query, can fail it then.
struct AnalysisHasCandidate: PlaybookRule {
    func check(_ moment: Moment) -> [Finding] {
        guard let analysis = moment.stage.stage.analysis, let place = moment.stage.analysis else { return [] }
        guard let arms = moment.arms else {
            // Of an endpoint that is there already, nobody knows who serves it.
            return moment.isWholeStory ? [finding(at: place, .nobody, help: .giveTraffic)] : []
        }
        guard arms.control == nil, !analysis.metrics.contains(where: \.canFailAlone) else { return [] }
        return [finding(.warning, at: place, .noControl(arms.candidate), help: .hardLimit)]
    }
}

extension Metric {
    /// True where it needs nothing to compare with.
    fileprivate var canFailAlone: Bool {
        switch self {
        case .errors(let limits): limits.hardLimit != nil
        case .prometheus: true
        case .latency, .disagreement: false
        }
    }
}

extension String {
    fileprivate static let nobody = "no deployment has got traffic by this playbook that could be analysed"
    fileprivate static let giveTraffic = "analyse a 'traffic' or 'mirror_traffic' stage, or write 'for: 10m' instead"
    fileprivate static func noControl(_ candidate: Name) -> String {
        "\(candidate.text.quoted) has all traffic here, so that nothing is left to compare it with"
    }
    fileprivate static let hardLimit = "write 'errors: {hard_limit: 5%}', which holds by itself"
}
