internal import Rollouts

/// Live traffic sums to 0 or to 100.
///
/// Percentages are shares of all requests: either all requests go somewhere, or none do. A deployment that is not
/// listed has 0. Azure refuses any other sum.
struct TrafficSums: PlaybookRule {
    static let needsOnlyStage = true

    func check(_ moment: Moment) -> [Finding] {
        moment.violations(of: "traffic-sum").map { violation in
            guard let traffic = moment.stage.stage.action.liveTraffic else {
                return finding(at: moment.stage.argument, violation.message, help: .hundred)
            }
            return finding(at: moment.stage.argument, violation.message, help: .difference(traffic.sum))
        }
    }
}

extension String {
    fileprivate static let hundred = "make the percents sum to 100, or to 0"
    fileprivate static func difference(_ sum: Int) -> String {
        sum < 100 ? "\(100 - sum) % are missing" : "\(sum - 100) % are too many"
    }
}
