package import Rollouts

/// What clients saw: counts, and latencies from the moment at which each request should have been sent.
///
/// A client that waits for a slow server before it sends its next request leaves out just those that would have fared
/// worst (coordinated omission). Counted from the intended start, the waiting is in the latency.
package struct LoadReport: Hashable, Sendable, Codable {
    /// How a request ended without an answer.
    package enum Failure: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
        /// No connection was to be had.
        case refused
        /// The connection was closed, or broke, before the answer was whole.
        case broken
        /// No answer within the generator's own limit.
        case late
        /// What came was no HTTP.
        case malformed
    }

    package internal(set) var sent = 0
    /// Answers with status 200.
    package internal(set) var succeeded = 0
    /// Other answers, per status.
    package internal(set) var statuses: [Int: Int] = [:]
    package internal(set) var failures: [Failure: Int] = [:]
    /// Those that were due and not sent: too many were in flight, or the whole process stood still.
    package internal(set) var dropped = 0
    /// Requests that were sent again on a new connection, because a kept one was closed just then.
    package internal(set) var repeated = 0
    /// Of all that were answered, whatever the status.
    var latencies = LatencyHistogram()

    package init() {}

    /// Whatever the status.
    package var answered: Int { latencies.count }

    /// All but what was answered with 200; what is still in flight is not among them.
    package var failed: Int { statuses.values.reduce(0, +) + failures.values.reduce(0, +) }

    /// Sent, and without an answer so far, or until their process ended.
    package var inFlight: Int { sent - succeeded - failed }

    package var p50: Interval { quantile(0.5) }
    package var p90: Interval { quantile(0.9) }
    package var p99: Interval { quantile(0.99) }
    package var longest: Interval { Interval(milliseconds: (latencies.longest + 999_999) / 1_000_000) }

    /// In milliseconds, rounded up.
    package func quantile(_ share: Double) -> Interval {
        Interval(milliseconds: (latencies.quantile(share) + 999_999) / 1_000_000)
    }

    /// This report after `earlier`, that of a process which is gone: what it had in flight stays without an answer.
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
    /// One sentence for people.
    package var description: String {
        var parts = ["\(sent) sent, \(succeeded) answered 200"]
        parts += statuses.sorted { $0.key < $1.key }.map { "\($0.value) answered \($0.key)" }
        parts += failures.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
        if dropped > 0 { parts.append("\(dropped) not sent") }
        return parts.joined(separator: ", ") + "; p50 \(p50), p90 \(p90), p99 \(p99), longest \(longest)"
    }
}
