package import RolloutEngine
package import Rollouts

/// Outcomes of requests to deployments, computed from counters that a Prometheus server scrapes.
///
/// A cursor is the time of a scrape in milliseconds by the server's clock. No state is kept: reading from the same
/// cursor
/// to the same scrape always gives the same counts. All counters of a reading are evaluated at the same time, so that
/// no
/// deployment lags behind another. There is nothing new between two scrapes.
package struct PrometheusOutcomes: Sendable {
    private let client: PrometheusClient
    package let series: OutcomeSeries
    /// How long after a scrape began its samples are available at the latest.
    ///
    /// Default: 3 s.
    package var settling: Interval
    /// The longest range that is read.
    ///
    /// A reading from an older cursor is ``OutcomeReading/Continuity/lost``. Default: 1 h.
    package var longest: Interval
    private let clock: any RunClock

    package init(
        _ series: OutcomeSeries, of client: PrometheusClient, settling: Interval = .seconds(3),
        longest: Interval = .hours(1), clock: any RunClock = SystemClock()
    ) {
        self.series = series
        self.client = client
        self.settling = settling
        self.longest = longest
        self.clock = clock
    }

    /// Reads the counts after `cursor`, or the counters' present values if `cursor` is `nil`.
    package func outcomes(since cursor: Int?) async throws(PrometheusError) -> OutcomeReading {
        let present = try await look(offset: settling)
        let ahead = clock.now() - present.time
        let horizon = present.milliseconds
        if let cursor, cursor > horizon {
            // A clock that was set back repeats times of the past: requests must not be counted twice.
            let isAhead = Int64(cursor - horizon) <= settling.milliseconds
            return OutcomeReading(cursor: isAhead ? cursor : horizon, continuity: isAhead ? .whole : .lost)
        }
        // Without a scraped target there is nothing to count; a target that appears later counts from its first sample.
        guard let newest = present.newest else { return OutcomeReading(cursor: horizon) }
        var reading: OutcomeReading
        if let cursor, newest <= cursor {
            reading = OutcomeReading(cursor: cursor)
        } else if let cursor, newest - cursor > Int(longest.milliseconds) {
            reading = OutcomeReading(cursor: newest, continuity: .lost)
        } else {
            reading = try await read(from: cursor, to: newest)
        }
        let oldest = try await look(at: reading.cursor).oldest ?? reading.cursor
        reading.countedTo = Timestamp(milliseconds: Int64(oldest)) + ahead
        return reading
    }

    /// Explains why these counters cannot report everything, each in a sentence; empty if they can.
    package func findings() async throws(PrometheusError) -> [String] {
        var findings = series.limitations
        let requests = PrometheusQuery("count(\(series.requests))", of: client)
        guard try await requests.reading().value == nil else { return findings }
        if let explanation = series.explanation,
            try await PrometheusQuery("count(\(explanation.selector))", of: client).reading().value != nil
        {
            findings.append(explanation.reason)
        } else {
            findings.append("\(client.server.url) has no data for \(series.requests)")
        }
        return findings
    }

    private func read(from begin: Int?, to end: Int) async throws(PrometheusError) -> OutcomeReading {
        var reading = OutcomeReading(cursor: end)
        let known = try await samples(of: series.requests, at: begin ?? end)
        var sawRestart = false
        func grown(_ selector: String) async throws(PrometheusError) -> [(Name, [String: String], Double)] {
            guard let begin else {
                return ofDeployments(try await samples(of: selector, at: end)).map {
                    ($0, $1.labels, $1.samples.last?.value ?? 0)
                }
            }
            let bases = selector == series.requests ? known : try await samples(of: selector, at: begin)
            var increments = Increments(bases: bases, known: known)
            let since = try await counters(selector, from: begin, to: end)
            let grown = ofDeployments(since).map { ($0, $1.labels, increments.growth(of: $1)) }
            sawRestart = sawRestart || increments.sawRestart
            return grown
        }
        for (name, _, growth) in try await grown(series.requests) {
            reading.deployments[name, default: .init()].requests += growth.wholeNumber
        }
        for (name, _, growth) in try await grown(series.errors) {
            reading.deployments[name, default: .init()].errors += growth.wholeNumber
        }
        if let selector = series.latencies {
            var histograms: [Name: [Double: Double]] = [:]
            for (name, labels, growth) in try await grown(selector) where growth.isFinite {
                guard let bound = labels["le"].flatMap(Double.init(prometheus:)) else { continue }
                histograms[name, default: [:]][bound, default: 0] += growth
            }
            for (name, growth) in histograms {
                reading.deployments[name, default: .init()].add(histogram: growth, unit: series.latencyUnit)
            }
        }
        if sawRestart { reading.continuity = .restarted }
        for (name, counts) in reading.deployments { reading.deployments[name] = counts.consistent }
        return reading
    }

    /// The counters that belong to the endpoint's deployments.
    private func ofDeployments(_ counters: [PrometheusAnswer.Series]) -> [(Name, PrometheusAnswer.Series)] {
        counters.compactMap { counter in
            counter.labels[series.label].flatMap(series.deployment).map { ($0, counter) }
        }
    }

    // MARK: Asking

    /// The last sample of each counter that is scraped at `time`.
    ///
    /// Counters that a scrape no longer shows are absent.
    private func samples(of selector: String, at time: Int) async throws(PrometheusError) -> [PrometheusAnswer.Series] {
        let answer = try await client.query(selector, at: Timestamp(milliseconds: Int64(time)))
        guard case .vector(let counters) = answer.result else { throw noCounters(selector) }
        return counters
    }

    /// The samples after `begin`, up to and including `end`.
    private func counters(_ selector: String, from begin: Int, to end: Int) async throws(PrometheusError)
        -> [PrometheusAnswer.Series]
    {
        let answer = try await client.query("\(selector)[\(end - begin)ms]", at: Timestamp(milliseconds: Int64(end)))
        guard case .matrix(var counters) = answer.result else { throw noCounters(selector) }
        // Prometheus before version 3 also includes the sample at the beginning of the range.
        for index in counters.indices {
            counters[index].samples.removeAll { ($0.time * 1000).rounded() <= Double(begin) }
        }
        return counters
    }

    private func noCounters(_ selector: String) -> PrometheusError {
        PrometheusError(.malformed, "\(client.server.url): \(selector) does not select counters")
    }

    /// The last scrapes of the request counters, as seen at one time of the server's clock.
    private struct Look {
        /// The time of the query by the server's clock.
        var time: Timestamp
        /// The evaluation time in milliseconds since 1970.
        var milliseconds: Int
        /// The time of the last scrape of any target, in milliseconds since 1970.
        var newest: Int?
        /// The time of the last scrape of the target that was not scraped for longest, in milliseconds since 1970.
        var oldest: Int?
    }

    private func look(offset: Interval = .zero, at time: Int? = nil) async throws(PrometheusError) -> Look {
        let shift = offset > .zero ? " offset \(offset.milliseconds)ms" : ""
        let answer = try await client.query(
            "timestamp(\(series.requests)\(shift)) or vector(time())",
            at: time.map { Timestamp(milliseconds: Int64($0)) })
        guard case .vector(let found) = answer.result,
            let now = found.compactMap(\.samples.first).first(where: { $0.time > 0 && $0.time < 1e11 })?.time
        else { throw PrometheusError(.malformed, "\(client.server.url) does not report its time") }
        let asked = Timestamp(milliseconds: Int64((now * 1000).rounded()))
        var last: [[String?]: Int] = [:]
        for (_, counter) in ofDeployments(found) {
            guard let seconds = counter.samples.first?.value, seconds.isFinite else { continue }
            let target = [counter.labels["job"], counter.labels["instance"]]
            last[target] = max(last[target] ?? .min, Int((seconds * 1000).rounded()))
        }
        return Look(
            time: asked, milliseconds: Int(asked.milliseconds - offset.milliseconds), newest: last.values.max(),
            oldest: last.values.min())
    }
}

extension OutcomeReading.Counts {
    /// Counts with no more errors and latencies than requests.
    ///
    /// Envoy counts requests at once but updates its histograms every 5 s, so a reading may have more latencies than
    /// requests. In that case the same share of each bin is dropped, whatever the latencies are.
    var consistent: Self {
        var counts = self
        counts.requests = max(requests, errors)
        let sum = latencies.reduce(0, +)
        guard sum > counts.requests else { return counts }
        counts.latencies = latencies.map { Int(Double($0) * Double(counts.requests) / Double(sum)) }
        return counts
    }
}

extension Double {
    /// The nearest integer that is valid as a count.
    fileprivate var wholeNumber: Int { isFinite ? Int(Swift.min(Swift.max(rounded(), 0), 1e15)) : 0 }
}
