internal import RolloutEngine
internal import RolloutService
internal import Rollouts

/// When a playbook would catch a regression, and how many live requests it would affect.
struct RegressionReport: Encodable {
    var regression: String
    /// How the rehearsal ended.
    var status: RunStatus
    /// The stage that caught it; nil if none did.
    var caughtIn: String?
    /// Seconds from the start of that stage.
    var afterSeconds: Double?
    /// Live requests that the candidate answered.
    var exposed: Int
    /// Those of ``exposed`` that failed.
    var failed: Int
    /// Why it ended with that status.
    var reason: String?

    private enum CodingKeys: String, CodingKey {
        case regression, status, exposed, failed, reason
        case caughtIn = "caught_in"
        case afterSeconds = "after_seconds"
    }

    init(_ regression: Regression, _ report: RehearsalReport) {
        let candidate = report.candidate
        self.regression = regression.name
        status = report.status
        reason = report.reason
        let culprit =
            report.stages.first { [.failed, .held].contains($0.status) && $0.reason != nil }
            ?? report.stages.last { $0.status == .rolledBack && $0.reason != nil }
        if report.status != .succeeded {
            caughtIn = culprit?.name
            afterSeconds = culprit?.durationSeconds
        }
        let requests = report.requests.first { $0.deployment == candidate }
        let pairs = requests?.mirrored
        exposed = max(
            (requests?.requests ?? 0) - (pairs?.pairs ?? 0) - (candidate.flatMap { report.testRequests[$0] } ?? 0), 0)
        failed = max(min((requests?.failed ?? 0) - (pairs?.onlyMirrorFailed ?? 0), exposed), 0)
    }
}

/// Formats regressions as a table below a rehearsal.
struct RegressionText {
    var style: Style
    var columns: Int

    func lines(_ reports: [RegressionReport], candidate: Name) -> [String] {
        var table = Table(
            .init("IF \(candidate)"), .init("CAUGHT IN"), .init("AFTER", rightAligned: true),
            .init("LIVE REQUESTS", rightAligned: true), .init("FAILED", rightAligned: true))
        table.rows = reports.map { report in
            [
                Table.Cell(report.regression),
                report.caughtIn.map { Table.Cell($0, .green) } ?? Table.Cell("not caught", .yellow),
                Table.Cell(report.afterSeconds.map { Interval(seconds: $0).short } ?? "–"),
                Table.Cell("\(report.exposed)"), Table.Cell("\(report.failed)", report.failed > 0 ? .yellow : nil),
            ]
        }
        return table.lines(style, width: columns)
    }
}
