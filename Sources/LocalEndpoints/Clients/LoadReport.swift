package import Rollouts

/// The clients' view: request counts, and latencies measured from the moment each request was due.
///
/// A client that waits for a slow server before it sends its next request omits exactly the requests that would have
/// fared worst (coordinated omission). Measuring from the intended start includes that wait in the latency.
package struct LoadReport: Hashable, Sendable, Codable {
    /// Why a request ended without an answer.
    package enum Failure: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
        /// The connection could not be established.
        case refused
        /// The connection was closed or reset before the answer was complete.
        case broken
        /// No answer arrived within the load generator's own timeout.
        case late
        /// The response was not valid HTTP.
        case malformed
    }

    package internal(set) var sent = 0
    /// Answers with status 200.
    package internal(set) var succeeded = 0
    /// Answers with any other status, by status.
    package internal(set) var statuses: [Int: Int] = [:]
    package internal(set) var failures: [Failure: Int] = [:]
    /// Requests that were due but not sent, because too many were in flight or the process was stalled.
    package internal(set) var dropped = 0
    /// Requests that were resent on a new connection because the server had just closed the kept one.
    package internal(set) var repeated = 0
    /// Latencies of all answered requests, regardless of status.
    var latencies = LatencyHistogram()

    package init() {}

    /// The number of answered requests, regardless of status.
    package var answered: Int { latencies.count }

    /// The number of requests that ended in any way other than status 200; requests in flight are not included.
    package var failed: Int { statuses.values.reduce(0, +) + failures.values.reduce(0, +) }

    /// The number of requests sent but not answered, including those whose process has ended.
    package var inFlight: Int { sent - succeeded - failed }

    package var p50: Interval { quantile(0.5) }
    package var p90: Interval { quantile(0.9) }
    package var p99: Interval { quantile(0.99) }
    package var longest: Interval { Interval(milliseconds: (latencies.longest + 999_999) / 1_000_000) }

    /// The latency quantile for `share` (0 to 1), rounded up to whole milliseconds.
    package func quantile(_ share: Double) -> Interval {
        Interval(milliseconds: (latencies.quantile(share) + 999_999) / 1_000_000)
    }

    /// The sum of this report and `earlier`, the report of a process that has ended.
    ///
    /// Requests that were in flight when that process ended remain unanswered.
    package func following(_ earlier: LoadReport) -> LoadReport {
        var sum = self
        sum.sent += earlier.sent
        sum.succeeded += earlier.succeeded
        sum.statuses.merge(earlier.statuses, uniquingKeysWith: +)
        sum.failures.merge(earlier.failures, uniquingKeysWith: +)
        sum.dropped += earlier.dropped
        sum.repeated += earlier.repeated
        sum.latencies.add(earlier.latencies)
        return sum
    }

    mutating func noteAnswer(_ status: Int, nanoseconds: Int64) {
        latencies.add(nanoseconds: nanoseconds)
        if status == 200 {
            succeeded += 1
        } else {
            statuses[status, default: 0] += 1
        }
    }

    mutating func note(_ failure: Failure) { failures[failure, default: 0] += 1 }
}

extension LoadReport: CustomStringConvertible {
    /// A one-sentence summary of the report.
    package var description: String {
        var parts = ["\(sent) sent, \(succeeded) answered 200"]
        parts += statuses.sorted { $0.key < $1.key }.map { "\($0.value) answered \($0.key)" }
        parts += failures.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
        if dropped > 0 { parts.append("\(dropped) not sent") }
        return parts.joined(separator: ", ") + "; p50 \(p50), p90 \(p90), p99 \(p99), longest \(longest)"
    }
}
