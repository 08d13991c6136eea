/// Computes increments from the running totals of servers, which restart at 0 whenever a server restarts.
package struct CounterTracker: Hashable, Sendable, Codable {
    private var last: [String: Reading.Counts] = [:]

    package init() {}

    /// Returns the requests since the previous totals of `deployment`; none for the first totals.
    ///
    /// If a total is smaller than before, the requests in between are unknown: that is a finding, nothing is counted,
    /// and counting continues from the new totals.
    package mutating func increments(
        of deployment: String, totals: Reading.Counts
    ) -> (counts: Reading.Counts, findings: [ReadingFinding]) {
        let before = last.updateValue(totals, forKey: deployment)
        guard let before else { return (Reading.Counts(), []) }
        var findings: [ReadingFinding] = []
        func difference(_ name: String, _ from: Int, _ to: Int) -> Int {
            let (difference, overflow) = to.subtractingReportingOverflow(from)
            guard overflow || difference < 0 else { return difference }
            findings.append(.counterWentBack(of: deployment, name: name, from: from, to: to))
            return 0
        }
        var counts = Reading.Counts(
            requests: difference("requests", before.requests, totals.requests),
            errors: difference("errors", before.errors, totals.errors))
        if before.latencies.count == totals.latencies.count {
            counts.latencies = zip(before.latencies, totals.latencies).map { difference("latencies", $0, $1) }
        }
        return findings.isEmpty ? (counts, []) : (Reading.Counts(), findings)
    }
}
