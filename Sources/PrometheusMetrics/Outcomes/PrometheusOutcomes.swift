package import RolloutEngine
package import Rollouts

/// What became of the requests to deployments, from counters that a Prometheus server scrapes.
///
/// A cursor is a time of the server's clock in milliseconds: nothing is kept, and whoever asks from the same cursor to
/// the same time gets the same counts. Readings end ``settling`` before the present, since a scrape's samples bear the
/// time at which it began. Between two scrapes nothing is news.
package struct PrometheusOutcomes: Sendable {
    private let client: PrometheusClient
    package let series: OutcomeSeries
    /// How long a scrape may take.
    package var settling: Interval
    /// How old the last sample of a counter may be when a reading begins; as Prometheus' own look-back.
    package var lookBack: Interval
    /// What is longer is not read sample by sample: a reading from a cursor that is older is ``OutcomeReading/Continuity/lost``.
    package var longest: Interval

    package init(
        _ series: OutcomeSeries, of client: PrometheusClient, settling: Interval = .seconds(3),
        lookBack: Interval = .minutes(5), longest: Interval = .hours(1)
    ) {
        self.series = series
        self.client = client
        self.settling = settling
        self.lookBack = lookBack
        self.longest = longest
    }

    /// Counts after `cursor`; nil: what the counters show.
    package func outcomes(since cursor: Int?) async throws(PrometheusError) -> OutcomeReading {
        let end = try await serverTime() + (.zero - settling)
        let present = Int(end.milliseconds)
        guard let cursor else { return try await read(from: nil, to: end) }
        guard cursor <= present, present - cursor <= longest.milliseconds else {
            // A clock that was set back shows the past again: what was told is not told twice.
            let isAhead = cursor > present && Int64(cursor - present) <= settling.milliseconds
            return OutcomeReading(cursor: isAhead ? cursor : present, continuity: isAhead ? .whole : .lost)
        }
        return try await read(from: Timestamp(milliseconds: Int64(cursor)), to: end)
    }

    /// What keeps these counters from telling everything, each in a sentence; none where all is well.
    package func findings() async throws(PrometheusError) -> [String] {
        var findings = series.limitations
        let requests = PrometheusQuery("count(\(series.requests))", of: client)
        guard try await requests.reading().value == nil else { return findings }
        if let explanation = series.explanation,
            try await PrometheusQuery("count(\(explanation.selector))", of: client).reading().value != nil
        {
            findings.append(explanation.reason)
        } else {
            findings.append("\(client.server.url) has no data of \(series.requests)")
        }
        return findings
    }

    private func read(from begin: Timestamp?, to end: Timestamp) async throws(PrometheusError) -> OutcomeReading {
        var increments = Increments(begin: begin?.seconds, end: end.seconds)
        var reading = OutcomeReading(cursor: Int(end.milliseconds))
        for (name, samples) in try await counters(series.requests, from: begin, to: end) {
            let growth = increments.growth(of: samples.samples).wholeNumber
            reading.deployments[name, default: .init()].requests += growth
        }
        for (name, samples) in try await counters(series.errors, from: begin, to: end) {
            let growth = increments.growth(of: samples.samples).wholeNumber
            reading.deployments[name, default: .init()].errors += growth
        }
        if let selector = series.latencies {
            var histograms: [Name: [Double: Double]] = [:]
            for (name, samples) in try await counters(selector, from: begin, to: end) {
                guard let bound = samples.labels["le"].flatMap(Double.init(prometheus:)) else { continue }
                histograms[name, default: [:]][bound, default: 0] += increments.growth(of: samples.samples)
            }
            for (name, growth) in histograms {
                reading.deployments[name, default: .init()].add(histogram: growth, unit: series.latencyUnit)
            }
        }
        if increments.sawRestart { reading.continuity = .restarted }
        // The three are asked for one after the other, and a scrape may come in between.
        for (name, counts) in reading.deployments where counts.errors > counts.requests {
            reading.deployments[name]?.requests = counts.errors
        }
        return reading
    }

    /// The counters that `selector` finds, with their samples from before `begin` on.
    private func counters(_ selector: String, from begin: Timestamp?, to end: Timestamp) async throws(PrometheusError)
        -> [(Name, PrometheusAnswer.Series)]
    {
        let range = lookBack + (begin.map { end - $0 } ?? .zero)
        let answer = try await client.query("\(selector)[\(range.milliseconds)ms]", at: end)
        guard case .matrix(let counters) = answer.result else {
            throw PrometheusError(.malformed, "\(client.server.url): \(selector) does not select counters")
        }
        return counters.compactMap { counter in
            counter.labels[series.label].flatMap(series.deployment).map { ($0, counter) }
        }
    }

    private func serverTime() async throws(PrometheusError) -> Timestamp {
        let reading = PrometheusReading(try await client.query("time()"))
        guard let seconds = reading.value, seconds > 0, seconds < 1e11 else {
            throw PrometheusError(.malformed, "\(client.server.url) does not tell its time")
        }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }
}

extension Double {
    /// The nearest whole number that a count can be.
    fileprivate var wholeNumber: Int { Int(Swift.min(Swift.max(rounded(), 0), 1e15)) }
}

extension Timestamp {
    /// Since 1970.
    fileprivate var seconds: Double { Double(milliseconds) / 1000 }
}
