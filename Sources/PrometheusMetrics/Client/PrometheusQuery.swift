package import Rollouts

/// One number that a server is asked for again and again.
package struct PrometheusQuery: Sendable {
    private let client: PrometheusClient
    /// PromQL whose value is a scalar or one series.
    package let text: String

    package init(_ text: String, of client: PrometheusClient) {
        self.text = text
        self.client = client
    }

    /// What the query says at `time`; nil: now.
    package func reading(at time: Timestamp? = nil) async throws(PrometheusError) -> PrometheusReading {
        PrometheusReading(try await client.query(text, at: time))
    }
}

/// What a query that should have one value says.
package struct PrometheusReading: Hashable, Sendable {
    package var outcome: Outcome
    /// What the server found odd, though it answered.
    package var warnings: [String]

    package enum Outcome: Hashable, Sendable {
        case value(Double)
        /// No series matches, or none has a sample that is recent enough.
        case noData
        /// NaN, as of 0 requests by 0, or infinite; said as Prometheus does.
        case notANumber(String)
        /// More than one series: the query needs an aggregation such as `sum(…)`.
        case severalSeries(Int)
        /// A range of samples, or a text.
        case otherKind(String)
    }

    init(_ answer: PrometheusAnswer) {
        warnings = answer.warnings
        switch answer.result {
        case .scalar(let sample): outcome = Outcome(sample)
        case .vector(let series) where series.count > 1: outcome = .severalSeries(series.count)
        case .vector(let series): outcome = series.first?.samples.first.map(Outcome.init) ?? .noData
        case .matrix: outcome = .otherKind("matrix")
        case .string: outcome = .otherKind("string")
        }
    }

    package var value: Double? {
        guard case .value(let value) = outcome else { return nil }
        return value
    }

    /// Why there is no value, in a sentence; nil where there is one.
    package var missing: String? {
        switch outcome {
        case .value: nil
        case .noData: "the query has no data"
        case .notANumber(let text): "the query's value is \(text)"
        case .severalSeries(let count): "the query has \(count) series: one is expected, as sum(…) makes"
        case .otherKind(let kind): "the query's value is a \(kind): one number is expected"
        }
    }
}

extension PrometheusReading.Outcome {
    fileprivate init(_ sample: PrometheusAnswer.Sample) {
        if sample.value.isFinite {
            self = .value(sample.value)
        } else {
            self = .notANumber(sample.value.isNaN ? "NaN" : sample.value > 0 ? "+Inf" : "-Inf")
        }
    }
}
