internal import RolloutEngine
internal import RolloutStatistics
internal import Rollouts

/// An analysis has enough time for a verdict.
///
/// A version that is just like the one before passes once enough requests have shown it. The margins determine how
/// many; how long that takes follows from the rate of the playbook's `load` and an error rate of 0.5 %. If `for` is
/// shorter, most good versions end without a verdict. A stage that goes on without one (`on_inconclusive: go_on`) is
/// not checked: it is there to catch bad versions.
struct VerdictInTime: PlaybookRule {
    func check(_ moment: Moment) -> [Finding] {
        guard let rate = moment.rate, let analysis = moment.stage.stage.analysis, let place = moment.stage.analysis,
            let arms = moment.arms, arms.control != nil, analysis.onInconclusive != .goOn
        else { return [] }
        guard analysis.expectedSeconds(.init(rate: rate), share: arms.share, isMirror: arms.isMirror) == nil else {
            return []
        }
        var longer = analysis
        longer.longest = min(analysis.longest * 32, 7 * 86_400)
        let needed = longer.expectedSeconds(.init(rate: rate), share: arms.share, isMirror: arms.isMirror)
        return [
            finding(
                .warning, at: place, .tooShort(Interval(seconds: analysis.longest), rate),
                help: needed.map { .needs(Interval(seconds: $0.rounded(.up))) } ?? .wider)
        ]
    }
}

extension String {
    fileprivate static func tooShort(_ longest: Interval, _ rate: Double) -> String {
        "at \(rate.rounded() == rate ? "\(Int(rate))" : "\(rate)") requests/s, \(longest) is not enough to pass "
            + "a version that is as good as the one before"
    }
    fileprivate static func needs(_ length: Interval) -> String {
        "write 'for: \(length)' or longer, give the candidate more traffic, or widen the margins"
    }
    fileprivate static let wider = "write a longer 'for', give the candidate more traffic, or widen the margins"
}
